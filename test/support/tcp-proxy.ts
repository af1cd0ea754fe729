import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { ProxyLink, type ProxyTarget } from './tcp-proxy-link';
import type { Weather } from './tcp-proxy-flow';

export interface TcpProxy {
  readonly port: number;
  /** Resets every connection, and every new one at once. */
  cut(): void;
  /** Accepts connections and forwards nothing; what was under way stalls, and goes on after `restore`. */
  hang(): void;
  /** Forwards each piece this much later, in both directions. */
  delay(ms: number): void;
  /** Ends a cut, a hang and a delay. */
  restore(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: ProxyTarget): Promise<TcpProxy> {
  const weather: Weather = { hanging: false, delayMs: 0 };
  const links = new Set<ProxyLink>();
  let refusing = false;

  const accept = (client: Socket): void => {
    // The listener stays: once closed, another process could take the port before it is restored.
    if (refusing) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const link = new ProxyLink(client, target, weather, () => links.delete(link));
    links.add(link);
  };

  const resume = (): void => {
    weather.hanging = false;
    for (const link of links) link.resume();
  };

  const resetAll = (): void => {
    for (const link of links) link.reset();
  };

  const server = createServer({ allowHalfOpen: true }, accept).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      refusing = true;
      resetAll();
    },
    hang: () => {
      refusing = false;
      weather.hanging = true;
    },
    delay: (ms) => {
      weather.delayMs = ms;
    },
    restore: () => {
      refusing = false;
      weather.delayMs = 0;
      resume();
    },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      resetAll();
      await closed;
    },
  };
}
