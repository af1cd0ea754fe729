import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request that the service behind a proxy received. */
export interface EchoedRequest {
  readonly method: string;
  /** The path and query, as sent over the wire. */
  readonly path: string;
  /** The headers by lower-case name. The values of a repeated name are joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An unguarded service behind a proxy. It answers with the request that it received. */
export interface EchoUpstream {
  /** `host:port` */
  readonly address: string;
  /** Every request that reached it. */
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
