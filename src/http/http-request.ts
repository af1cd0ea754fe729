import { IncomingMessage } from 'node:http';

/** The part of a request that both Fastify and Express provide. */
export interface HttpRequest {
  /** Node's request, under Fastify. Under Express, the request object itself is Node's request. */
  readonly raw?: IncomingMessage;
  readonly params?: unknown;
}

/** Returns whether a value is a request of Express, of Fastify or of Node. A test may fake one. */
export function isHttpRequest(value: unknown): value is HttpRequest {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray((nodeRequestOf(value) as { readonly rawHeaders?: unknown }).rawHeaders);
}

/** Returns Node's request. */
export function nodeRequestOf(request: HttpRequest): IncomingMessage {
  // Checked first, because a look-up of `raw` under Express searches the whole prototype chain.
  if (request instanceof IncomingMessage) return request;
  return request.raw ?? (request as unknown as IncomingMessage);
}

/**
 * Returns every value of a header, in the order in which they were sent. Reads the raw headers, because Node silently
 * drops a second `Authorization` header and joins the values of other headers.
 *
 * @param name the name of the header in lower case
 */
export function headerValues(request: IncomingMessage, name: string): readonly string[] {
  const { rawHeaders } = request;
  const values: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (isHeader(rawHeaders[index] ?? '', name)) values.push(rawHeaders[index + 1] ?? '');
  }
  return values;
}

/**
 * Returns whether a header has the wanted name. Compares the length first, because most headers differ.
 *
 * @param wanted the name in lower case
 */
export function isHeader(name: string, wanted: string): boolean {
  return name.length === wanted.length && name.toLowerCase() === wanted;
}
