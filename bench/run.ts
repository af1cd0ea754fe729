import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { print, printMachine } from './kit/report';

/** The benches. Each has its own file, and runs in its own process. */
const BENCHES = [
  'verify',
  'tokens',
  'cache',
  'heap',
  'guard',
  'peers',
  'cold',
  'burst',
  'revocation',
  'feed',
  'sockets',
  'usage',
] as const;

const FLAGS = ['--expose-gc', '--max-old-space-size=8192', '--require', join(__dirname, 'typescript.cjs')];

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !BENCHES.some((bench) => bench === name));
  if (unknown.length > 0) {
    print(`no bench is called ${unknown.join(', ')}; there are ${BENCHES.join(', ')}`);
    process.exitCode = 1;
    return;
  }
  printMachine();
  for (const name of names.length === 0 ? BENCHES : names) {
    print(`\n## ${name}\n`);
    const bench = spawn(process.execPath, [...FLAGS, join(__dirname, `${name}.bench.ts`)], {
      stdio: 'inherit',
      env: { ...process.env, NODE_ENV: 'test', LOG_LEVEL: 'fatal' },
    });
    const [code] = (await once(bench, 'exit')) as [number | null];
    if (code !== 0) process.exitCode = 1;
  }
}

void main(process.argv.slice(2));
