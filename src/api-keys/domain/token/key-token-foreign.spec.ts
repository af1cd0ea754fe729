import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { foreignKeyId } from './foreign-token';
import { newKeyId } from '../key-id';
import { issueToken, parseToken } from './key-token';
import { hexOf } from './token-digest';

const NOON = new Date('2027-01-31T12:00:00.000Z');
const PREFIXES = ['acme_', 'globex-'];
const ID = '01jd8x4k2m6n8p0q2r4s6t8v0w';
const FOREIGN = 'acme_0123456789abcdef';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const ofLength = (length: number): string => 'acme_'.padEnd(length, 'x');
const bodies = fc.stringMatching(/^[\x21-\x2d\x2f-\x7e]{15,500}$/);

describe('a token of another system', () => {
  it('is parsed if it begins with an import prefix', () => {
    expect(read(FOREIGN, PREFIXES)).toEqual({ keyId: foreignKeyId(sha256(FOREIGN)), hash: sha256(FOREIGN) });
    expect(parseToken('globex-0123456789abcdef', PREFIXES)).not.toBeNull();
  });

  it.each([
    ['no prefix is configured', FOREIGN, []],
    ['it begins with none of the prefixes', 'initech_0123456789abcdef', PREFIXES],
    ['it contains a prefix elsewhere', '0123456789acme_abcdef', PREFIXES],
    ['the case of its prefix differs', FOREIGN.toUpperCase(), PREFIXES],
    ['it is a JWT', 'acme_eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhY21lIn0.c2lnbmF0dXJl', PREFIXES],
    ['it is a JWT without a signature', 'acme_eyJhbGciOiJub25lIn0.eyJzdWIiOiJhY21lIn0.', PREFIXES],
  ])('is malformed if %s', (_why, token, prefixes) => {
    expect(parseToken(token, prefixes)).toBeNull();
  });

  it.each([
    [0, false],
    [5, false],
    [19, false],
    [20, true],
    [79, true],
    [95, true],
    [512, true],
    [513, false],
    [1_048_576, false],
  ])('with %d characters is parsed: %s', (length, isRead) => {
    const token = length === 0 ? '' : ofLength(length);
    expect(token).toHaveLength(length);
    expect(parseToken(token, PREFIXES) !== null).toBe(isRead);
  });

  it('is malformed with a character other than visible ASCII, at any position', () => {
    const visible = Array.from({ length: 0x180 }, (_each, code) => code).filter(
      (code) => parseToken(`${FOREIGN}${String.fromCharCode(code)}`, PREFIXES) !== null,
    );
    expect(visible).toEqual(Array.from({ length: 94 }, (_each, index) => index + 0x21));
    for (const character of [' ', '\n', '\r\n', '\t', '\0', '\u00a0', '\ud800', '😀', 'é']) {
      expect(parseToken(`acme_01234567${character}89abcdef`, PREFIXES)).toBeNull();
      expect(parseToken(`${character}${FOREIGN}`, PREFIXES)).toBeNull();
    }
  });

  it.each([
    'acme_0123456789.abcdef',
    'acme_01234.56789.abc.def',
    'acme_0123456789..abcdef',
    'acme_01+2.345678.9abcdef',
  ])('can contain dots if it does not look like a JWT: %s', (token) => {
    expect(parseToken(token, PREFIXES)).not.toBeNull();
  });

  it('is not confused with a token that Keyward issued with an import prefix', () => {
    const native = issueToken('acme', ID);
    expect(read(native.token, PREFIXES)).toEqual({ keyId: ID, hash: native.hash });
    expect(read(native.token, [])).toEqual({ keyId: ID, hash: native.hash });
  });

  it('has the same key id as the token of Keyward that replaces it on rotation', () => {
    const native = issueToken('acme', foreignKeyId(sha256(FOREIGN)));
    expect(parseToken(native.token, PREFIXES)?.keyId).toBe(foreignKeyId(sha256(FOREIGN)));
  });

  it('gets the key id of an import if it looks like a token of Keyward but has a wrong checksum', () => {
    const { token } = issueToken('acme', ID);
    const misspelt = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
    expect(parseToken(misspelt, ['globex-'])).toBeNull();
    expect(parseToken(misspelt, PREFIXES)?.keyId).toBe(foreignKeyId(sha256(misspelt)));
  });

  it('has the key id z and 25 digits, the same every time and different for different tokens', () => {
    fc.assert(
      fc.property(bodies, bodies, (one, other) => {
        fc.pre(one !== other);
        const parsed = read(`acme_${one}`, PREFIXES);
        expect(parsed?.keyId).toMatch(/^z[0-9a-hjkmnp-tv-z]{25}$/);
        expect(parsed?.hash).toBe(sha256(`acme_${one}`));
        expect(read(`acme_${one}`, PREFIXES)).toEqual(parsed);
        expect(read(`acme_${other}`, PREFIXES)?.keyId).not.toBe(parsed?.keyId);
      }),
    );
  });

  it('never has the id of a key that Keyward created, whatever the time in that id', () => {
    const times = fc.oneof(fc.nat(), fc.constantFrom(0, NOON.getTime(), 281_474_976_710_655));
    fc.assert(
      fc.property(times, (time) => {
        expect(newKeyId(new Date(time))).toMatch(/^[0-7]/);
      }),
    );
  });
});

/** Parses a token. Returns its digest in the stored form. */
function read(token: string, prefixes?: readonly string[]): { keyId: string; hash: string } | null {
  const parsed = parseToken(token, prefixes);
  return parsed && { keyId: parsed.keyId, hash: hexOf(parsed.digest) };
}
