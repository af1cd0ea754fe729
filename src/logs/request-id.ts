import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'X-Request-Id';

const SANE = /^[A-Za-z0-9._~-]{1,128}$/;

/**
 * Returns the id of a request for logs and responses. It is the id that the client sent, or a new one if that is
 * missing or invalid.
 *
 * @param holdsCredential returns whether a text contains a credential; such a text is not a valid id
 */
export function requestIdOf(request: IncomingMessage, holdsCredential: (text: string) => boolean): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) && !holdsCredential(given) ? given : randomUUID();
}
