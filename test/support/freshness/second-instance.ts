import { join } from 'node:path';
import { HttpClient } from '../http-client';
import { runNode } from '../node-process';
import { relayed } from '../relayed';
import { startTcpProxy, type TcpProxy } from '../tcp-proxy';
import { answered } from './trial';

/** Another instance of the service in its own process, which reaches the database through a proxy. */
export interface SecondInstance {
  readonly proxy: TcpProxy;
  as(token?: string): HttpClient;
  /** Returns how often the instance has read a key from the store so far. */
  keyReads(): Promise<number>;
  stop(): Promise<void>;
}

/** @param shiftMs how far the wall clock of the instance is ahead */
export async function startSecondInstance(
  uri: string,
  environment: Readonly<Record<string, string>>,
  shiftMs = 0,
): Promise<SecondInstance> {
  const { relay: proxy, through } = await relayed(uri, startTcpProxy);
  const running = runNode(['-r', join(__dirname, '../shifted-clock.cjs'), 'dist/main.js'], {
    PORT: '0',
    LOG_LEVEL: 'fatal',
    STORAGE: 'mongo',
    MONGODB_URI: through,
    CLOCK_SHIFT_MS: String(shiftMs),
    ...environment,
  });
  const [, url = ''] = await running.waitFor(/listening on (\S+)/);
  const as = (token?: string): HttpClient => new HttpClient(url, token);
  return {
    proxy,
    as,
    keyReads: async () => {
      const { text } = await answered(async () => as().get('/metrics'));
      return Number(/^keyward_key_reads_total (\d+)/m.exec(text)?.[1]);
    },
    stop: async () => {
      await running.stop();
      await proxy.close();
    },
  };
}
