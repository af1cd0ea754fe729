import * as fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { encodeBase62 } from './base62';
import { checksumOf, isTokenPrefix, keyIdOf, supposedKeyIdOf } from './token-form';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LOWER_CASE = '0123456789abcdefghijklmnopqrstuvwxyz';
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';
const PREFIX = /^(?=.{2,16}$)[a-z0-9]+(?:_[a-z0-9]+)*$/;

const ID = '01jd8x4k2m6n8p0q2r4s6t8v0w';
const SECRET = 'Secret0fAcmeSecret0fAcmeSecret0fAcme0011316';

const isOf = (alphabet: string, text: string): boolean =>
  text !== '' && [...text].every((character) => alphabet.includes(character));

/** Parses a token part by part, without a pattern. */
function expected(text: string): string | undefined {
  const unsigned = text.slice(0, -6);
  const [secret = '', id = '', ...parts] = unsigned.split('_').toReversed();
  const prefix = parts.toReversed().join('_');
  const isToken =
    prefix.length >= 2 &&
    prefix.length <= 16 &&
    parts.every((part) => isOf(LOWER_CASE, part)) &&
    id.length === 26 &&
    isOf(BASE32, id) &&
    '01234567z'.includes(id.charAt(0)) &&
    secret.length === 43 &&
    isOf(BASE62, secret) &&
    text.endsWith(encodeBase62(crc32(unsigned), 6));
  return isToken ? id : undefined;
}

const edits = fc.array(
  fc.tuple(fc.nat(100), fc.constantFrom('_', 'i', 'l', 'o', 'u', '8', 'z', 'Z', '-', '\n', '中', 'é', '')),
  { maxLength: 2 },
);
const prefixes = fc.oneof(
  fc.constantFrom('kw', 'acme_live'),
  fc.string({ unit: fc.constantFrom('a', 'z', '0', '9', '_', 'A', '-', 'é'), maxLength: 18 }),
);

function edited(text: string, changes: readonly (readonly [number, string])[]): string {
  return changes.reduce((so, [at, character]) => so.slice(0, at) + character + so.slice(at + 1), text);
}

describe('keyIdOf', () => {
  it('returns the same as a parser without regular expressions for texts with a correct checksum', () => {
    fc.assert(
      fc.property(prefixes, edits, (prefix, changes) => {
        const unsigned = edited(`${prefix}_${ID}_${SECRET}`, changes);
        const token = unsigned + checksumOf(unsigned);
        expect(keyIdOf(token)).toBe(expected(token));
      }),
      { numRuns: 5000 },
    );
  });

  it('returns the same as a parser without regular expressions for changed tokens', () => {
    fc.assert(
      fc.property(prefixes, edits, (prefix, changes) => {
        const unsigned = `${prefix}_${ID}_${SECRET}`;
        const text = edited(unsigned + checksumOf(unsigned), changes);
        expect(keyIdOf(text)).toBe(expected(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('accepts prefixes of 2 to 16 characters only', () => {
    for (let length = 0; length < 20; length += 1) {
      const unsigned = `${'a'.repeat(length)}_${ID}_${SECRET}`;
      const isAllowed = length >= 2 && length <= 16;
      expect(keyIdOf(unsigned + checksumOf(unsigned))).toBe(isAllowed ? ID : undefined);
    }
  });

  it('rejects random texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
        expect(keyIdOf(text)).toBeUndefined();
      }),
    );
  });

  it.each([
    ['prefix', 'kW', `_${ID}_${SECRET}`],
    ['first underscore', 'kw-', `${ID}_${SECRET}`],
    ['first character of the id', 'kw_8', `${ID.slice(1)}_${SECRET}`],
    ['id', `kw_${ID.slice(0, -1)}u`, `_${SECRET}`],
    ['second underscore', `kw_${ID}-`, SECRET],
    ['secret', `kw_${ID}_${SECRET.slice(0, -1)}-`, ''],
  ])('rejects a token with a wrong %s, even if the checksum of the rest is correct', (_part, to, rest) => {
    expect(keyIdOf(to + rest + encodeBase62(crc32(rest, 2 ** 32 - 1), 6))).toBeUndefined();
  });

  it('rejects a token with one changed character or two swapped neighbours', () => {
    const unsigned = `kw_${ID}_${SECRET}`;
    const token = unsigned + checksumOf(unsigned);
    const mistaken = [...token].flatMap((character, index) => [
      `${token.slice(0, index)}${token[index + 1] ?? ''}${character}${token.slice(index + 2)}`,
      edited(token, [[index, '0']]),
      edited(token, [[index, 'a']]),
      edited(token, [[index, 'Z']]),
      edited(token, [[index, '_']]),
      edited(token, [[index, 'é']]),
    ]);
    const wrong = mistaken.filter((text) => text !== token);
    expect(wrong.length).toBeGreaterThan(400);
    expect(wrong.filter((text) => keyIdOf(text) !== undefined)).toEqual([]);
  });
});

describe('supposedKeyIdOf', () => {
  it('returns the key id of a token with a prefix of any valid length', () => {
    for (let length = 2; length <= 16; length += 1) {
      const unsigned = `${'acme_globex_live'.slice(-length)}_${ID}_${SECRET}`;
      expect(supposedKeyIdOf(unsigned + checksumOf(unsigned))).toBe(ID);
    }
  });

  it('returns undefined for a text that is too short or too long for a token', () => {
    const rest = `_${ID}_${SECRET}000000`;
    const known = [0, 1, 2, 16, 17, 1000].map((length) => supposedKeyIdOf('a'.repeat(length) + rest));
    expect(known).toEqual([undefined, undefined, ID, ID, undefined, undefined]);
    expect(supposedKeyIdOf('')).toBeUndefined();
  });
});

describe('isTokenPrefix', () => {
  it('returns true if and only if the prefix matches the documented pattern', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '0', '_', 'A', ' ', 'é'), maxLength: 18 }),
        (prefix) => {
          expect(isTokenPrefix(prefix)).toBe(PREFIX.test(prefix));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
