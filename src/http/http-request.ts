import { IncomingMessage } from 'node:http';

/** What access reads of a request, under Fastify and Express alike. */
export interface HttpRequest {
  /** Fastify keeps Node's own request here; under Express the request is Node's own. */
  readonly raw?: IncomingMessage;
  readonly params?: unknown;
}

/** Node's own request. */
export function nodeRequestOf(request: HttpRequest): IncomingMessage {
  // Looking first for what Express has not takes a walk through all that its requests inherit from.
  if (request instanceof IncomingMessage) return request;
  return request.raw ?? (request as unknown as IncomingMessage);
}

/**
 * Every value of a header, in the order sent. Read from the raw headers: Node drops a second `Authorization`
 * silently, and joins the values of others.
 *
 * @param name in lower case
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
 * Whether a header is the wanted one. Compares the length first: most headers are not.
 *
 * @param wanted in lower case
 */
export function isHeader(name: string, wanted: string): boolean {
  return name.length === wanted.length && name.toLowerCase() === wanted;
}
