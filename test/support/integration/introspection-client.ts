import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PATIENCE_MS } from '../patience';

const run = promisify(execFile);

/** The environment variables in which `npm run test:integration` passes paths of clients. */
type ProgramVariable = 'AUTHLIB_PYTHON' | 'ZITADEL_OIDC_CLIENT' | 'SPRING_SECURITY_CLASSPATH';

/** Returns the path in a variable. */
export function installed(variable: ProgramVariable): string {
  const value = process.env[variable];
  if (value === undefined)
    throw new Error(`${variable} is not set. Run the tests with npm run test:integration, which installs it`);
  return value;
}

/** Runs a third-party introspection client. Returns the lines of its standard output. */
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
