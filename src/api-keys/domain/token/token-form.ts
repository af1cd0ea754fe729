import { crc32 } from 'node:zlib';
import { encodeBase62 } from './base62';

/** The number of base62 characters in a secret: 256 bits. */
export const SECRET_LENGTH = 43;

const ID_LENGTH = 26;
const CHECKSUM_LENGTH = 6;
const REST_LENGTH = 1 + ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

/** The format of the prefix of a token. */
export const TOKEN_PREFIX = /^(?=.{2,16}$)[a-z0-9]+(?:_[a-z0-9]+)*$/;
const REST = /^_([0-7z][0-9a-hjkmnp-tv-z]{25})_[0-9A-Za-z]{49}$/;

/**
 * Returns whether `prefix` is a valid prefix of new tokens: 2 to 16 lower-case letters, digits and inner underscores.
 */
export function isTokenPrefix(prefix: string): boolean {
  return TOKEN_PREFIX.test(prefix);
}

/** Returns the checksum of a token: the CRC-32 of everything before it, in base62. */
export function checksumOf(unsigned: string): string {
  return encodeBase62(crc32(unsigned), CHECKSUM_LENGTH);
}

/**
 * Returns the part of `text` in which a token has its key id; `undefined` if `text` is too short or too long for a token.
 * Checks only the length, so the result may not be a key id.
 */
export function supposedKeyIdOf(text: string): string | undefined {
  const at = prefixLengthOf(text);
  return at === undefined ? undefined : text.slice(at + 1, at + 1 + ID_LENGTH);
}

/**
 * Returns the key id in a text that has the format of a token, `<prefix>_<id>_<secret><checksum>`, and a correct checksum;
 * `undefined` for any other text. Checks the length first, so that it rejects a long text without reading it.
 */
export function keyIdOf(text: string): string | undefined {
  const at = prefixLengthOf(text);
  if (at === undefined || !isTokenPrefix(text.slice(0, at))) return undefined;
  const keyId = REST.exec(text.slice(at))?.[1];
  return keyId !== undefined && text.endsWith(checksumOf(text.slice(0, -CHECKSUM_LENGTH)))
    ? keyId
    : undefined;
}

/**
 * Returns the length of the prefix of a token as long as `text`; `undefined` if `text` is too short or too long for a token.
 */
function prefixLengthOf(text: string): number | undefined {
  const length = text.length - REST_LENGTH;
  return length >= 2 && length <= 16 ? length : undefined;
}
