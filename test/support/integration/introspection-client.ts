import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PATIENCE_MS } from '../patience';

const run = promisify(execFile);

/** A variable that `npm run test:integration` sets to where it put a program. */
type ProgramVariable = 'AUTHLIB_PYTHON' | 'ZITADEL_OIDC_CLIENT' | 'SPRING_SECURITY_CLASSPATH';

/** Returns the value of a variable that names a program. */
export function installed(variable: ProgramVariable): string {
  const value = process.env[variable];
  if (value === undefined)
    throw new Error(`${variable} is not set: npm run test:integration installs it and sets it`);
  return value;
}

/** Runs a client of another project, which introspects tokens; returns the lines that it writes. */
export async function linesOf(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const { PATH = '', HOME = '' } = process.env;
  const { stdout } = await run(program, [...args], {
    env: { PATH, HOME, ...environment },
    timeout: PATIENCE_MS,
  });
  return stdout.trimEnd().split('\n');
}
