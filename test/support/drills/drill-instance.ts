import { join } from 'node:path';
import { HttpClient } from '../http-client';
import { type NodeProcess, runNode } from '../node-process';

/** How old what an instance answers with may be: the default of the service, said aloud. */
export const BOUND_MS = 1000;

/** Within this an instance has to find back by itself once its fault is cured, by what the machine can do. */
export const RECOVERED_WITHIN_MS = 10_000;

/** The promise is 2 s, and outages are longer than this: who waits for their end is noticed on slow machines too. */
export const REFUSED_WITHIN_MS = 4000;

/** An instance of the built service, in a process of its own. */
export interface DrillInstance {
  readonly url: string;
  readonly process: NodeProcess;
  as(token?: string): HttpClient;
  /** Ends it as a crash does, at once and without a word. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** @param clockShiftMs how far ahead its wall clock is */
export async function startDrillInstance(
  environment: Readonly<Record<string, string>>,
  clockShiftMs = 0,
): Promise<DrillInstance> {
  const clock = clockShiftMs === 0 ? [] : ['-r', join(__dirname, '../shifted-clock.cjs')];
  const running = runNode([...clock, 'dist/main.js'], {
    NODE_ENV: 'production',
    PORT: '0',
    LOG_LEVEL: 'fatal',
    REVOCATION_BOUND_MS: String(BOUND_MS),
    FAILED_CREDENTIALS_PER_MINUTE: '1000000',
    CLOCK_SHIFT_MS: String(clockShiftMs),
    ...environment,
  });
  const [, url = ''] = await running.waitFor(/listening on (\S+)/);
  return {
    url,
    process: running,
    as: (token) => new HttpClient(url, token),
    kill: async () => {
      running.child.kill('SIGKILL');
      await running.exited();
    },
    stop: async () => running.stop(),
  };
}
