import type { IncomingMessage } from 'node:http';
import { headerValues } from './http-request';

const BEARER = /^bearer(?: +|$)/i;
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

/** What a request presents as its API key. */
export type PresentedCredential =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'token';
      readonly token: string;
      readonly scheme: 'bearer' | 'basic' | 'x-api-key';
      readonly userName?: string;
    }
  /** More than one credential: nobody can say which one is meant. */
  | { readonly kind: 'ambiguous' };

/**
 * Reads the credential of a request: `Authorization: Bearer` (RFC 6750 section 2.1) or `X-API-Key`, once.
 * Other schemes are no credential; a query string and a body are never looked at.
 *
 * @param withBasic whether HTTP Basic is read as well: the key's id as user name, its token as password, each
 *   form-encoded (RFC 6749 section 2.3.1)
 */
export function readCredential(request: IncomingMessage, withBasic = false): PresentedCredential {
  const authorizations = headerValues(request, 'authorization');
  const apiKeys = headerValues(request, 'x-api-key');
  if (authorizations.length > 1 || apiKeys.length > 1) return { kind: 'ambiguous' };
  const presented = [
    ...authorizations.flatMap((value) => readAuthorization(value, withBasic)),
    ...apiKeys.map((token) => ({ kind: 'token', scheme: 'x-api-key', token }) as const),
  ];
  const [credential] = presented;
  if (credential === undefined) return { kind: 'none' };
  return presented.length > 1 ? { kind: 'ambiguous' } : credential;
}

function readAuthorization(value: string, withBasic: boolean): readonly PresentedCredential[] {
  if (BEARER.test(value)) return [{ kind: 'token', scheme: 'bearer', token: value.replace(BEARER, '') }];
  const encoded = withBasic ? BASIC.exec(value)?.[1] : undefined;
  if (encoded === undefined) return [];
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const userName = formDecode(text.slice(0, Math.max(0, colon)));
  const token = formDecode(text.slice(colon + 1));
  return [{ kind: 'token', scheme: 'basic', userName, token }];
}

function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
