import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { HttpAnswer, JsonObject } from './http-client';

/** A header line as sent over the wire. A request can repeat a name. */
export type HeaderLine = readonly [name: string, value: string];

/** Sends a GET with exactly these header lines. `fetch` would merge lines with the same name. */
export async function getRaw(url: string, path: string, lines: readonly HeaderLine[]): Promise<HttpAnswer> {
  const { host, hostname, port } = new URL(url);
  const sent = request({ hostname, port, path, headers: ['Host', host, ...lines.flat()] }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const body = await text(answer);
  const headers = new Headers();
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    headers.append(answer.rawHeaders[index] ?? '', answer.rawHeaders[index + 1] ?? '');
  }
  const isJson = (headers.get('content-type') ?? '').includes('json');
  return {
    status: answer.statusCode ?? 0,
    headers,
    body: isJson ? (JSON.parse(body) as JsonObject) : {},
    text: body,
  };
}
