import type { IncomingMessage } from 'node:http';
import { headerValues } from './http-request';

const BEARER = /^bearer(?: +|$)/i;

/** What a request presents as its API key. */
export type PresentedCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  /** More than one credential: nobody can say which one is meant. */
  | { readonly kind: 'ambiguous' };

/**
 * Reads the credential of a request: `Authorization: Bearer` (RFC 6750 section 2.1) or `X-API-Key`, once.
 * Other schemes are no credential; a query string and a body are never looked at.
 */
export function readCredential(request: IncomingMessage): PresentedCredential {
  const authorizations = headerValues(request, 'authorization');
  const apiKeys = headerValues(request, 'x-api-key');
  if (authorizations.length > 1 || apiKeys.length > 1) return { kind: 'ambiguous' };
  const tokens = [
    ...authorizations.filter((value) => BEARER.test(value)).map((value) => value.replace(BEARER, '')),
    ...apiKeys,
  ];
  const [token] = tokens;
  if (token === undefined) return { kind: 'none' };
  return tokens.length > 1 ? { kind: 'ambiguous' } : { kind: 'token', token };
}
