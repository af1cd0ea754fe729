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
  it('is read where it begins with a prefix of that system', () => {
    expect(read(FOREIGN, PREFIXES)).toEqual({ keyId: foreignKeyId(sha256(FOREIGN)), hash: sha256(FOREIGN) });
    expect(parseToken('globex-0123456789abcdef', PREFIXES)).not.toBeNull();
  });

  it.each([
    ['no prefix is configured', FOREIGN, []],
    ['it begins with none of the prefixes', 'initech_0123456789abcdef', PREFIXES],
    ['a prefix stands elsewhere in it', '0123456789acme_abcdef', PREFIXES],
    ['the case of its prefix differs', FOREIGN.toUpperCase(), PREFIXES],
    ['it is a JWT', 'acme_eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhY21lIn0.c2lnbmF0dXJl', PREFIXES],
    ['it is a JWT without a signature', 'acme_eyJhbGciOiJub25lIn0.eyJzdWIiOiJhY21lIn0.', PREFIXES],
  ])('is malformed where %s', (_why, token, prefixes) => {
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
  ])('of %d characters is one: %s', (length, isRead) => {
    const token = length === 0 ? '' : ofLength(length);
    expect(token).toHaveLength(length);
    expect(parseToken(token, PREFIXES) !== null).toBe(isRead);
  });

  it('holds visible ASCII alone, wherever another character stands', () => {
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
  ])('may hold dots where they do not make a JWT: %s', (token) => {
    expect(parseToken(token, PREFIXES)).not.toBeNull();
  });

  it('is native first: what Keyward issued is known by its own id', () => {
    const native = issueToken('acme', ID);
    expect(read(native.token, PREFIXES)).toEqual({ keyId: ID, hash: native.hash });
    expect(read(native.token, [])).toEqual({ keyId: ID, hash: native.hash });
  });

  it('is also native after a rotation, under the id it was imported with', () => {
    const native = issueToken('acme', foreignKeyId(sha256(FOREIGN)));
    expect(parseToken(native.token, PREFIXES)?.keyId).toBe(foreignKeyId(sha256(FOREIGN)));
  });

  it('gets no id of a native key, where a native token is misspelt', () => {
    const { token } = issueToken('acme', ID);
    const misspelt = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
    expect(parseToken(misspelt, ['globex-'])).toBeNull();
    expect(parseToken(misspelt, PREFIXES)?.keyId).toBe(foreignKeyId(sha256(misspelt)));
  });

  it('belongs to z and 25 digits, the same every time and another for another token', () => {
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

  it('never has the id of a key that Keyward made, until the end of ULIDs', () => {
    const times = fc.oneof(fc.nat(), fc.constantFrom(0, NOON.getTime(), 281_474_976_710_655));
    fc.assert(
      fc.property(times, (time) => {
        expect(newKeyId(new Date(time))).toMatch(/^[0-7]/);
      }),
    );
  });
});

/** What a token says of itself, its digest as it is kept at rest. */
function read(token: string, prefixes?: readonly string[]): { keyId: string; hash: string } | null {
  const parsed = parseToken(token, prefixes);
  return parsed && { keyId: parsed.keyId, hash: hexOf(parsed.digest) };
}
