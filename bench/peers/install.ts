import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const FILES = ['package.json', 'package-lock.json', '.npmrc'] as const;

/**
 * Installs the peers of `package-lock.json` into a cache outside the tree.
 *
 * @returns a function that loads a module from the cache
 * @throws Error with npm's reason if the installation fails
 */
export async function installPeers(): Promise<(name: string) => unknown> {
  const lock = await readFile(join(__dirname, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex').slice(0, 16);
  const folder = join(cacheHome(), 'keyward', `bench-peers-${digest}`);
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const file of FILES) await cp(join(__dirname, file), join(folder, file));
    await run('npm', ['ci', '--ignore-scripts'], { cwd: folder }).catch((error: unknown) => {
      throw new Error('the peers could not be installed with npm ci', { cause: error });
    });
    await writeFile(done, '');
  }
  return createRequire(join(folder, 'peers.cjs'));
}

function cacheHome(): string {
  const given = process.env['XDG_CACHE_HOME'];
  return given === undefined || given === '' ? join(homedir(), '.cache') : given;
}
