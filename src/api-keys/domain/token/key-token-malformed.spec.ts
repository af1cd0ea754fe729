import * as fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { encodeBase62 } from './base62';
import { issueToken, parseToken } from './key-token';

const ID = '01jd8x4k2m6n8p0q2r4s6t8v0w';
const SECRET = 'S'.repeat(43);

/** Adds the correct checksum, so that only the format can be wrong. */
const signed = (unsigned: string): string => unsigned + encodeBase62(crc32(unsigned), 6);

const prefixes = fc.stringMatching(/^[a-z0-9]{1,7}(_[a-z0-9]{1,7})?$/).filter((text) => text.length >= 2);
const tokens = prefixes.map((prefix) => issueToken(prefix, ID).token);
const positions = fc.nat();
const anyCharacter = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  fc.constant('\ud800'),
);

describe('a token', () => {
  it('is malformed if any ASCII character replaces any other', () => {
    const { token } = issueToken('acme_live', ID);
    const survivors = [...token].flatMap((original, at) =>
      Array.from({ length: 128 }, (_each, code) => String.fromCharCode(code))
        .filter((replacement) => replacement !== original)
        .map((replacement) => token.slice(0, at) + replacement + token.slice(at + 1))
        .filter((altered) => parseToken(altered) !== null),
    );
    expect(survivors).toEqual([]);
  });

  it('is malformed if a random Unicode character replaces another', () => {
    fc.assert(
      fc.property(tokens, positions, anyCharacter, (token, position, replacement) => {
        const at = position % token.length;
        fc.pre(token[at] !== replacement);
        expect(parseToken(token.slice(0, at) + replacement + token.slice(at + 1))).toBeNull();
      }),
    );
  });

  it('is malformed if a random character is inserted', () => {
    fc.assert(
      fc.property(tokens, positions, anyCharacter, (token, position, inserted) => {
        const at = position % (token.length + 1);
        expect(parseToken(token.slice(0, at) + inserted + token.slice(at))).toBeNull();
      }),
    );
  });

  it('is malformed if any character is doubled or omitted', () => {
    const { token } = issueToken('kw', ID);
    for (let at = 0; at < token.length; at += 1) {
      expect(parseToken(token.slice(0, at) + token.slice(at + 1))).toBeNull();
      expect(parseToken(token.slice(0, at + 1) + token.slice(at))).toBeNull();
    }
  });

  it('is malformed if it is cut off at either end', () => {
    const { token } = issueToken('kw', ID);
    for (let at = 1; at < token.length; at += 1) {
      expect(parseToken(token.slice(0, at))).toBeNull();
      expect(parseToken(token.slice(at))).toBeNull();
    }
  });
});

describe('a text with a correct checksum', () => {
  it('is a token if it has the correct format', () => {
    expect(parseToken(signed(`kw_${ID}_${SECRET}`))).toMatchObject({ keyId: ID });
  });

  it.each<[string, string]>([
    ['no characters', ''],
    ['a megabyte of letters', 'a'.repeat(1024 * 1024)],
    ['a megabyte of prefix before a token', signed(`${'a'.repeat(1024 * 1024)}_${ID}_${SECRET}`)],
    ['the format of a JWT', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhY21lIn0.${'x'.repeat(43)}`],
    ['79 spaces only', ' '.repeat(79)],
    ['a newline at its end', `${signed(`kw_${ID}_${SECRET}`)}\n`],
    ['a newline in place of its last character', `${signed(`kw_${ID}_${SECRET}`).slice(0, -1)}\n`],
    ['a space before it', ` ${signed(`kw_${ID}_${SECRET}`)}`],
    ['NUL at its end', `${signed(`kw_${ID}_${SECRET}`)}\0`],
    ['full-width digits in the id', signed(`kw_${ID.replace('01', '０１')}_${SECRET}`)],
    ['Arabic digits in the secret', signed(`kw_${ID}_${'٣'.repeat(43)}`)],
    ['an upper-case id', signed(`kw_${ID.toUpperCase()}_${SECRET}`)],
    ['an id with one upper-case letter', signed(`kw_${ID.replace('jd', 'jD')}_${SECRET}`)],
    ['an id that begins with 8', signed(`kw_8${ID.slice(1)}_${SECRET}`)],
    ['an id that begins with y', signed(`kw_y${ID.slice(1)}_${SECRET}`)],
    ['an id with an i', signed(`kw_${ID.slice(0, -1)}i_${SECRET}`)],
    ['an id with an l', signed(`kw_${ID.slice(0, -1)}l_${SECRET}`)],
    ['an id with an o', signed(`kw_${ID.slice(0, -1)}o_${SECRET}`)],
    ['an id with a u', signed(`kw_${ID.slice(0, -1)}u_${SECRET}`)],
    ['an id of 25 characters', signed(`kwx_${ID.slice(1)}_${SECRET}`)],
    ['an id of 27 characters', signed(`kw_${ID}0_${SECRET}`)],
    ['a secret of 42 characters', signed(`kwx_${ID}_${SECRET.slice(1)}`)],
    ['a secret of 44 characters', signed(`kw_${ID}_${SECRET}S`)],
    ['a secret with a dash', signed(`kw_${ID}_${SECRET.slice(1)}-`)],
    ['a secret with an underscore', signed(`kw_${ID}_${SECRET.slice(1)}_`)],
    ['no prefix', signed(`${ID}_${SECRET}`)],
    ['an empty prefix', signed(`_${ID}_${SECRET}`)],
    ['a prefix of 1 character', signed(`k_${ID}_${SECRET}`)],
    ['a prefix of 17 characters', signed(`${'k'.repeat(17)}_${ID}_${SECRET}`)],
    ['a prefix that ends with an underscore', signed(`kw__${ID}_${SECRET}`)],
    ['a prefix that begins with an underscore', signed(`_kw_${ID}_${SECRET}`)],
    ['a prefix with two underscores in a row', signed(`k__w_${ID}_${SECRET}`)],
    ['an upper-case prefix', signed(`KW_${ID}_${SECRET}`)],
    ['a prefix with a dash', signed(`k-w_${ID}_${SECRET}`)],
    ['a prefix beyond ASCII', signed(`ké_${ID}_${SECRET}`)],
    ['a half of a surrogate pair', signed(`kw_${ID}_${SECRET.slice(1)}\ud800`)],
    ['dashes for underscores', signed(`kw-${ID}-${SECRET}`)],
  ])('is malformed with %s', (_what, presented) => {
    expect(parseToken(presented)).toBeNull();
  });

  it('is a token only with a prefix of 2 to 16 characters', () => {
    const accepted = Array.from({ length: 20 }, (_each, length) => 'p'.repeat(length))
      .filter((prefix) => parseToken(signed(`${prefix}_${ID}_${SECRET}`)) !== null)
      .map((prefix) => prefix.length);
    expect(accepted).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  });
});
