import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'X-Request-Id';

const SANE = /^[A-Za-z0-9._~-]{1,128}$/;

/**
 * The id a request has in logs and answers: the one it came with, if that can be shown, else a new one.
 *
 * @param holdsCredential whether a text holds what must not be shown: a token has the letters of an id
 */
export function requestIdOf(request: IncomingMessage, holdsCredential: (text: string) => boolean): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) && !holdsCredential(given) ? given : randomUUID();
}
