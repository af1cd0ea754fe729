import { join } from 'node:path';
import { HttpClient } from '../http-client';
import { type NodeProcess, runNode } from '../node-process';

/** The revocation bound of an instance: the default of the service, set explicitly. */
export const BOUND_MS = 1000;

/** The maximum time for an instance to recover automatically after its fault ends, adjusted to the machine. */
export const RECOVERED_WITHIN_MS = 10_000;

/**
 * The promised time is 2 s, and outages last longer. So a request that waits for the end is noticed even on slow
 * machines.
 */
export const REFUSED_WITHIN_MS = 4000;

/** An instance of the built service in its own process. */
export interface DrillInstance {
  readonly url: string;
  readonly process: NodeProcess;
  as(token?: string): HttpClient;
  /** Ends it as a crash does, immediately and without a shutdown. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** @param clockShiftMs how far its wall clock is ahead */
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
