import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Weather } from './tcp-proxy-flow';
import { ProxyLink, type ProxyTarget } from './tcp-proxy-link';

export interface TcpProxy {
  readonly port: number;
  /** Resets every connection, and refuses new ones. */
  cut(): void;
  /** Accepts connections but forwards nothing. Data waits, and is forwarded after `restore`. */
  hang(): void;
  /** Permanently stops forwarding on existing connections, without closing them. New connections work. */
  abandon(): void;
  /** Delays all data by this time, in both directions. */
  delay(ms: number): void;
  /** Ends a cut, a hang and a delay. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const PORT_TRIES = 40;
const PORT_RETRY_MS = 50;

export async function startTcpProxy(target: ProxyTarget): Promise<TcpProxy> {
  const weather: Weather = { hanging: false, delayMs: 0 };
  const links = new Set<ProxyLink>();
  let refusing = false;

  const server = createServer({ allowHalfOpen: true }, (client: Socket) => {
    if (refusing) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const link = new ProxyLink(client, target, weather, () => links.delete(link));
    links.add(link);
  });
  server.on('error', () => undefined);

  const listen = async (port: number): Promise<number> => {
    const listening = once(server, 'listening');
    server.listen(port, HOST);
    await listening;
    return (server.address() as AddressInfo).port;
  };

  /**
   * Listens on the port again. Retries, because the system may have given it to another connection while it was closed.
   */
  const listenAgain = async (port: number): Promise<void> => {
    for (let tries = 1; !server.listening; tries += 1) {
      try {
        await listen(port);
      } catch (error) {
        if (tries === PORT_TRIES) throw error;
        await sleep(PORT_RETRY_MS);
      }
    }
  };

  const shut = (): void => {
    if (server.listening) server.close();
    for (const link of links) link.reset();
  };

  const port = await listen(0);
  return {
    port,
    cut: () => {
      refusing = true;
      shut();
    },
    hang: () => {
      weather.hanging = true;
    },
    abandon: () => {
      for (const link of links) link.abandon();
    },
    delay: (ms) => {
      weather.delayMs = ms;
    },
    restore: async () => {
      refusing = false;
      weather.hanging = false;
      weather.delayMs = 0;
      for (const link of links) link.resume();
      await listenAgain(port);
    },
    close: async () => {
      refusing = true;
      const closed = server.listening ? once(server, 'close') : undefined;
      shut();
      await closed;
    },
  };
}
