import { timingSafeEqual } from 'node:crypto';
import { isHeader } from '../../http/http-request';

const BEARER = /^bearer(?: +|$)/i;
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

/** A token that a request presents. */
export interface PresentedToken {
  readonly kind: 'token';
  readonly token: string;
  readonly scheme: 'bearer' | 'basic' | 'x-api-key' | 'form';
  /** The id of the key that the client sends with the token. */
  readonly userName?: string | undefined;
}

/** The credential of a request. */
export type PresentedCredential =
  | { readonly kind: 'none' }
  | PresentedToken
  /** The request has different credentials, or repeats a header. */
  | { readonly kind: 'ambiguous' };

const NONE: PresentedCredential = { kind: 'none' };
const AMBIGUOUS: PresentedCredential = { kind: 'ambiguous' };

/**
 * Reads the credential of a request: `Authorization: Bearer` (RFC 6750 section 2.1) or `X-API-Key`. The same token in both is
 * one credential. Ignores other schemes, the query string and the body.
 *
 * @param withBasic whether to read HTTP Basic too: the key's id as user name, its token as password, each
 *   form-encoded (RFC 6749 section 2.3.1)
 */
export function readCredential(
  { rawHeaders }: { readonly rawHeaders: readonly string[] },
  withBasic = false,
): PresentedCredential {
  let authorization: string | undefined;
  let apiKey: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (isHeader(name, 'authorization')) {
      if (authorization !== undefined) return AMBIGUOUS;
      authorization = rawHeaders[index + 1] ?? '';
    } else if (isHeader(name, 'x-api-key')) {
      if (apiKey !== undefined) return AMBIGUOUS;
      apiKey = rawHeaders[index + 1] ?? '';
    }
  }
  const authorized = authorization === undefined ? NONE : readAuthorization(authorization, withBasic);
  if (apiKey === undefined) return authorized;
  if (authorized.kind !== 'token') return { kind: 'token', scheme: 'x-api-key', token: apiKey };
  return authorized.scheme === 'bearer' && isSameText(authorized.token, apiKey) ? authorized : AMBIGUOUS;
}

/** Returns whether two credentials are the same bearer token or API key. */
export function sameToken(one: PresentedCredential, other: PresentedCredential): boolean {
  return one.kind === 'token' && other.kind === 'token' && isSameText(one.token, other.token);
}

/** Returns whether two texts are equal, in constant time if their lengths are equal. */
function isSameText(one: string, other: string): boolean {
  const [bytes, otherBytes] = [Buffer.from(one), Buffer.from(other)];
  return bytes.length === otherBytes.length && timingSafeEqual(bytes, otherBytes);
}

function readAuthorization(value: string, withBasic: boolean): PresentedCredential {
  const bearer = BEARER.exec(value);
  if (bearer !== null) return { kind: 'token', scheme: 'bearer', token: value.slice(bearer[0].length) };
  const encoded = withBasic ? BASIC.exec(value)?.[1] : undefined;
  if (encoded === undefined) return NONE;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const userName = formDecode(text.slice(0, Math.max(0, colon)));
  const token = formDecode(text.slice(colon + 1));
  return { kind: 'token', scheme: 'basic', userName, token };
}

function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
