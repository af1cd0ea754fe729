import { type Connection, type ConnectOptions, createConnection } from 'mongoose';
import { eventually } from './patience';

/** Connects to a server of the tests. Retries if a connection times out, because the machine may be busy. */
export async function connected(uri: string, options: ConnectOptions): Promise<Connection> {
  let failure: unknown;
  const connection = await eventually(
    async () => {
      const attempt = createConnection();
      try {
        return await attempt.openUri(uri, options);
      } catch (error) {
        await attempt.close(true);
        failure = error;
        return undefined;
      }
    },
    (opened) => opened !== undefined,
  ).catch(() => undefined);
  if (connection === undefined) throw failure;
  return connection;
}
