import { randomBase62 } from './base62';
import { foreignKeyId, isForeignToken } from './foreign-token';
import { digestOf, hexOf } from './token-digest';
import { checksumOf, isTokenPrefix, keyIdOf, SECRET_LENGTH } from './token-form';

/** What a well-formed token says of itself, before anything is looked up. */
export interface ParsedToken {
  /** The key's public id, and the `_id` of its record. */
  readonly keyId: string;
  /** SHA-256 of the whole token, as `digestOf` gives it. */
  readonly digest: string;
}

/** A token just drawn. The one moment at which its plain text exists on our side. */
export interface IssuedToken {
  readonly token: string;
  readonly keyId: string;
  /** SHA-256 of the whole token in lower-case hex: the only form in which a token is ever stored. */
  readonly hash: string;
}

/**
 * Draws a new token for a key: `<prefix>_<id>_<secret><checksum>`, the secret 43 base62 characters (256 bits)
 * without modulo bias.
 *
 * @throws RangeError if the prefix is not one (see `isTokenPrefix`).
 */
export function issueToken(prefix: string, keyId: string): IssuedToken {
  if (!isTokenPrefix(prefix)) throw new RangeError(`not a token prefix: ${JSON.stringify(prefix)}`);
  const unsigned = `${prefix}_${keyId}_${randomBase62(SECRET_LENGTH)}`;
  const token = unsigned + checksumOf(unsigned);
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
  const digest = digestOf(presented);
  return { keyId: foreignKeyId(hexOf(digest)), digest };
}

function parseNativeToken(presented: string): ParsedToken | null {
  const keyId = keyIdOf(presented);
  return keyId === undefined ? null : { keyId, digest: digestOf(presented) };
}

/** SHA-256 of a whole token, in lower-case hex. */
export function hashToken(token: string): string {
  return hexOf(digestOf(token));
}
