import { randomBase62 } from './base62';
import { foreignKeyId, isForeignToken } from './foreign-token';
import { digestOf, hexOf } from './token-digest';
import { checksumOf, isTokenPrefix, keyIdOf, SECRET_LENGTH } from './token-form';

/** The parts of a well-formed token, before any lookup. */
export interface ParsedToken {
  /** The key's public id, and the `_id` of its record. */
  readonly keyId: string;
  /** SHA-256 of the whole token, as `digestOf` returns it. */
  readonly digest: string;
}

/** A new token in plain text, which Keyward does not keep. */
export interface IssuedToken {
  readonly token: string;
  readonly keyId: string;
  /** SHA-256 of the whole token in lower-case hex: the only form in which a token is stored. */
  readonly hash: string;
}

/**
 * Issues a new token for a key: `<prefix>_<id>_<secret><checksum>`. The secret has 43 base62 characters (256 bits)
 * without modulo bias.
 *
 * @throws RangeError if the prefix is invalid (see `isTokenPrefix`).
 */
export function issueToken(prefix: string, keyId: string): IssuedToken {
  if (!isTokenPrefix(prefix)) throw new RangeError(`invalid token prefix: ${JSON.stringify(prefix)}`);
  const unsigned = `${prefix}_${keyId}_${randomBase62(SECRET_LENGTH)}`;
  const token = unsigned + checksumOf(unsigned);
  return { token, keyId, hash: hashToken(token) };
}

/**
 * Parses a presented token. Returns `null` if it is `MALFORMED`: it has a wrong format or a wrong checksum. Does not compare
 * the prefix, so that tokens stay valid if the configured prefix changes. Checks the length before it hashes anything.
 *
 * @param importPrefixes the prefixes of tokens of other systems, see `isForeignToken`
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

/** Returns SHA-256 of a whole token, in lower-case hex. */
export function hashToken(token: string): string {
  return hexOf(digestOf(token));
}
