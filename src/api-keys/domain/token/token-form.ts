import { crc32 } from 'node:zlib';
import { encodeBase62, valueOfBase62 } from './base62';
import { CRC32_START, crcOfFour, crcOfOne } from './crc32';

/** How many base62 characters a secret has: 256 bits. */
export const SECRET_LENGTH = 43;

const ID_LENGTH = 26;
const CHECKSUM_LENGTH = 6;
const MIN_PREFIX_LENGTH = 2;
const MAX_PREFIX_LENGTH = 16;
const REST_LENGTH = 1 + ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;
const UNDERSCORE = 95;

/** No CRC is as large. */
const BROKEN = 2 ** 40;

/** Sets of characters, one bit each. */
const PREFIX = 1;
const ID = 2;
const FIRST_OF_ID = 4;
const BASE62 = 8;
const SEPARATOR = 16;

const SETS = new Uint8Array(128);
mark(PREFIX, 'abcdefghijklmnopqrstuvwxyz0123456789_');
mark(ID, '0123456789abcdefghjkmnpqrstvwxyz');
mark(FIRST_OF_ID, '01234567z');
mark(BASE62, '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
mark(SEPARATOR, '_');

/**
 * Whether `prefix` may stand before new tokens: lower-case letters, digits and inner underscores, 2 to 16
 * characters.
 */
export function isTokenPrefix(prefix: string): boolean {
  return hasPrefix(prefix, prefix.length) && walk(PREFIX, prefix, 0, prefix.length, CRC32_START) !== BROKEN;
}

/** What stands at the end of a token: CRC-32 of all that stands before it, in base62. */
export function checksumOf(unsigned: string): string {
  return encodeBase62(crc32(unsigned), CHECKSUM_LENGTH);
}

/**
 * Where the key id would stand if the text were a token. Nothing is said of its form: whoever uses it must know from
 * elsewhere that the token is genuine. `undefined` for what is too short or too long to be one.
 */
export function supposedKeyIdOf(text: string): string | undefined {
  const from = text.length - REST_LENGTH + 1;
  const isOfLength = from > MIN_PREFIX_LENGTH && from <= MAX_PREFIX_LENGTH + 1;
  return isOfLength ? text.slice(from, from + ID_LENGTH) : undefined;
}

/**
 * The key id in a text that has the form of a token, `<prefix>_<id>_<secret><checksum>`, and ends with the right
 * checksum. Every request asks: length is bounded first, then the text is walked once, and nothing is allocated but the
 * id.
 */
export function keyIdOf(text: string): string | undefined {
  const prefixLength = text.length - REST_LENGTH;
  if (!hasPrefix(text, prefixLength)) return undefined;
  const from = prefixLength + 1;
  const to = from + ID_LENGTH;
  const end = text.length - CHECKSUM_LENGTH;
  let crc = walk(PREFIX, text, 0, prefixLength, CRC32_START);
  crc = walk(SEPARATOR, text, prefixLength, from, crc);
  crc = walk(FIRST_OF_ID, text, from, from + 1, crc);
  crc = walk(ID, text, from + 1, to, crc);
  crc = walk(SEPARATOR, text, to, to + 1, crc);
  crc = walk(BASE62, text, to + 1, end, crc);
  return crc !== BROKEN && endsWith(text, end, ~crc >>> 0) ? text.slice(from, to) : undefined;
}

/** The CRC-32 of what was walked so far and of this part, or {@link BROKEN} where a character is not of the set. */
function walk(set: number, text: string, from: number, to: number, before: number): number {
  if (before === BROKEN) return BROKEN;
  let crc = before | 0;
  let index = from;
  for (; index + 4 <= to; index += 4) {
    const first = text.charCodeAt(index);
    const second = text.charCodeAt(index + 1);
    const third = text.charCodeAt(index + 2);
    const fourth = text.charCodeAt(index + 3);
    if ((setsOf(first) & setsOf(second) & setsOf(third) & setsOf(fourth) & set) === 0) return BROKEN;
    crc = crcOfFour(crc, first, second, third, fourth);
  }
  for (; index < to; index += 1) {
    const code = text.charCodeAt(index);
    if ((setsOf(code) & set) === 0) return BROKEN;
    crc = crcOfOne(crc, code);
  }
  return crc;
}

/** The sets that a character is in. */
function setsOf(code: number): number {
  return SETS[code] ?? 0;
}

function endsWith(text: string, from: number, checksum: number): boolean {
  let rest = checksum;
  for (let index = text.length - 1; index >= from; index -= 1) {
    const quotient = Math.floor(rest / 62);
    if (valueOfBase62(text.charCodeAt(index)) !== rest - quotient * 62) return false;
    rest = quotient;
  }
  return true;
}

/** Of the right length, with underscores only to join two parts: none begins or ends it, nor follows another. */
function hasPrefix(text: string, length: number): boolean {
  if (length < MIN_PREFIX_LENGTH || length > MAX_PREFIX_LENGTH) return false;
  let joins = true;
  for (let index = 0; index < length; index += 1) {
    const isUnderscore = text.charCodeAt(index) === UNDERSCORE;
    if (isUnderscore && joins) return false;
    joins = isUnderscore;
  }
  return !joins;
}

function mark(set: number, characters: string): void {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    SETS[code] = (SETS[code] ?? 0) | set;
  }
}
