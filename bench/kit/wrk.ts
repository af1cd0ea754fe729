import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CONNECTIONS = 32;

/**
 * Sends requests by `wrk` for a while, from one core.
 *
 * @returns how many were answered, all of them with 2xx
 */
export async function loadWith(
  url: string,
  headers: Readonly<Record<string, string>>,
  { seconds, core }: { readonly seconds: number; readonly core: number },
): Promise<number> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const { stdout } = await run('taskset', [
    '--cpu-list',
    String(core),
    'wrk',
    '--threads=1',
    `--connections=${CONNECTIONS}`,
    `--duration=${seconds}s`,
    ...given,
    url,
  ]).catch((error: unknown) => {
    throw new Error('wrk could not be run: install it ("apt-get install wrk") beside taskset', {
      cause: error,
    });
  });
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`not all were answered:\n${stdout}`);
  return Number(/(\d+) requests in/.exec(stdout)?.[1]);
}
