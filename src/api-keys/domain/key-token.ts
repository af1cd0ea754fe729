import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { encodeBase62, randomBase62 } from './base62';
import { isForeignToken, foreignKeyId } from './foreign-token';

const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const MAX_TOKEN_LENGTH = 16 + 1 + 26 + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;
const TOKEN = /^[a-z0-9]+(?:_[a-z0-9]+)*_([0-7z][0-9a-hjkmnp-tv-z]{25})_[0-9A-Za-z]{49}$/;
const PREFIX = /^(?=.{2,16}$)[a-z0-9]+(?:_[a-z0-9]+)*$/;
const MIN_TOKEN_LENGTH = 2 + 1 + 26 + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

/** What a well-formed token says of itself, before anything is looked up. */
export interface ParsedToken {
  /** The key's public id, and the `_id` of its record. */
  readonly keyId: string;
  /** SHA-256 of the whole token in lower-case hex: the only form in which a token is ever stored. */
  readonly hash: string;
}

/** A token just drawn. The one moment at which its plain text exists on our side. */
export interface IssuedToken extends ParsedToken {
  readonly token: string;
}

/**
 * Whether `prefix` may stand before new tokens: lower-case letters, digits and inner underscores, 2 to 16
 * characters.
 */
export function isTokenPrefix(prefix: string): boolean {
  return PREFIX.test(prefix);
}

/**
 * Draws a new token for a key: `<prefix>_<id>_<secret><checksum>`, the secret 43 base62 characters (256 bits)
 * without modulo bias.
 *
 * @throws RangeError if the prefix is not one (see {@link isTokenPrefix}).
 */
export function issueToken(prefix: string, keyId: string): IssuedToken {
  if (!isTokenPrefix(prefix)) throw new RangeError(`not a token prefix: ${JSON.stringify(prefix)}`);
  const unsigned = `${prefix}_${keyId}_${randomBase62(SECRET_LENGTH)}`;
  const token = unsigned + checksum(unsigned);
  return { token, keyId, hash: hashToken(token) };
}

/**
 * Reads a presented token, or answers `null` where it is `MALFORMED`: wrong shape or wrong checksum. The
 * prefix is not compared, so that changing the configured one kills no key. Length is bounded before anything
 * is hashed.
 *
 * @param importPrefixes what a token of another system must begin with to be looked at, see `isForeignToken`
 */
export function parseToken(presented: string, importPrefixes: readonly string[] = []): ParsedToken | null {
  const native = parseNativeToken(presented);
  if (native !== null || !isForeignToken(presented, importPrefixes)) return native;
  const tokenHash = hashToken(presented);
  return { keyId: foreignKeyId(tokenHash), hash: tokenHash };
}

function parseNativeToken(presented: string): ParsedToken | null {
  const length = presented.length;
  if (length > MAX_TOKEN_LENGTH || length < MIN_TOKEN_LENGTH) return null;
  const keyId = TOKEN.exec(presented)?.[1];
  if (keyId === undefined) return null;
  const split = length - CHECKSUM_LENGTH;
  if (checksum(presented.slice(0, split)) !== presented.slice(split)) return null;
  return { keyId, hash: hashToken(presented) };
}

/** SHA-256 of a whole token, in lower-case hex. */
export function hashToken(token: string): string {
  return hash('sha256', token);
}

function checksum(text: string): string {
  return encodeBase62(crc32(text), CHECKSUM_LENGTH);
}
