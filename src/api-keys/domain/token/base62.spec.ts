import * as fc from 'fast-check';
import { encodeBase62, randomBase62 } from './base62';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const decode = (digits: string): bigint =>
  [...digits].reduce((value, digit) => value * 62n + BigInt(ALPHABET.indexOf(digit)), 0n);

describe('encodeBase62', () => {
  it.each([
    [0, '000000'],
    [9, '000009'],
    [10, '00000A'],
    [36, '00000a'],
    [61, '00000z'],
    [62, '000010'],
    [0xffff_ffff, '4gfFC3'],
  ])('writes %d in six digits as %s', (value, digits) => {
    expect(encodeBase62(value, 6)).toBe(digits);
  });

  it('writes every 32-bit number in six digits that decode to the same number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => {
        const digits = encodeBase62(value, 6);
        expect(digits).toMatch(/^[0-9A-Za-z]{6}$/);
        expect(decode(digits)).toBe(BigInt(value));
      }),
    );
  });
});

describe('randomBase62', () => {
  it.each([0, 1, 8, 43, 1000])('returns exactly %d characters', (length) => {
    expect(randomBase62(length)).toMatch(new RegExp(`^[0-9A-Za-z]{${length}}$`));
  });

  it('returns a different text every time', () => {
    expect(new Set(Array.from({ length: 1000 }, () => randomBase62(43))).size).toBe(1000);
  });
});
