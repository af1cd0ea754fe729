import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { HeaderLine } from '../../raw-request';

/** A request exactly as sent over the wire. */
export interface WireRequest {
  readonly method?: string;
  /** The path and query, which are sent without normalisation. */
  readonly path: string;
  readonly lines?: readonly HeaderLine[];
  readonly body?: string;
  /** The source address, one of 127.0.0.0/8. */
  readonly from?: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends a request unchanged. `fetch` would normalise its path and its headers. */
export async function send(
  url: string,
  { method = 'GET', path, lines = [], body = '', from = '127.0.0.1' }: WireRequest,
): Promise<WireAnswer> {
  const { host, hostname, port } = new URL(url);
  const length: readonly HeaderLine[] =
    body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))]];
  const sent = request({
    hostname,
    port,
    path,
    method,
    localAddress: from,
    agent: false,
    headers: ['Host', host, ...length.flat(), ...lines.flat()],
  }).end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const headers = new Headers();
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    headers.append(answer.rawHeaders[index] ?? '', answer.rawHeaders[index + 1] ?? '');
  }
  return { status: answer.statusCode ?? 0, headers, text: await text(answer) };
}
