import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What the service behind a proxy was sent. */
export interface EchoedRequest {
  readonly method: string;
  /** As it came over the wire. */
  readonly path: string;
  /** By lower-case name; joined where a name came more than once. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A service behind a proxy that guards nothing itself, and answers with what it was sent. */
export interface EchoUpstream {
  /** `host:port` */
  readonly address: string;
  /** Every request that came through to it. */
  readonly received: readonly EchoedRequest[];
  stop(): Promise<void>;
}

export async function startEchoUpstream(): Promise<EchoUpstream> {
  const received: EchoedRequest[] = [];
  const echo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const echoed = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: joined(request.rawHeaders),
      body: await text(request),
    };
    received.push(echoed);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(echoed));
  };
  const server = createServer((request, response) => void echo(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function joined(rawHeaders: readonly string[]): Record<string, string> {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  return Object.fromEntries(headers);
}
