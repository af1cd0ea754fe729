import { join } from 'node:path';
import { HttpClient } from '../http-client';
import { type NodeProcess, runNode } from '../node-process';

/** The revocation bound of every instance in a drill. It equals the default of the service. */
export const BOUND_MS = 1000;

/**
 * The maximum time in which an instance must recover after a fault ends, without the time that this process was
 * delayed.
 */
export const RECOVERED_WITHIN_MS = 10_000;

/**
 * The maximum time in which an instance must answer during an outage. Keyward promises 2 s; the rest is for slow
 * machines. Outages last longer, so a request that waits for their end exceeds it.
 */
export const REFUSED_WITHIN_MS = 4000;

/** An instance of the built service in its own process. */
export interface DrillInstance {
  readonly url: string;
  readonly process: NodeProcess;
  as(token?: string): HttpClient;
  /** Kills the process with SIGKILL, as in a crash. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param clockShiftMs how far the wall clock of the instance is ahead
 * @param root the folder of the built service; by default this project
 */
export async function startDrillInstance(
  environment: Readonly<Record<string, string>>,
  clockShiftMs = 0,
  root?: string,
): Promise<DrillInstance> {
  const clock = clockShiftMs === 0 ? [] : ['-r', join(__dirname, '../shifted-clock.cjs')];
  const settings = {
    NODE_ENV: 'production',
    PORT: '0',
    LOG_LEVEL: 'fatal',
    REVOCATION_BOUND_MS: String(BOUND_MS),
    FAILED_CREDENTIALS_PER_MINUTE: '1000000',
    CLOCK_SHIFT_MS: String(clockShiftMs),
    ...environment,
  };
  const running = runNode([...clock, 'dist/main.js'], settings, root);
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
