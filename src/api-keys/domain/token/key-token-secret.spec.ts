import { randomBytes } from 'node:crypto';
import { issueToken } from './key-token';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SAMPLES = 12_000;

/**
 * With 61 degrees of freedom, evenly drawn characters exceed this once in 10^15 runs. With modulo bias, the same number
 * of characters reaches about 3,500. With a rejection that is off by one byte, it reaches about 560.
 */
const EVEN = 200;

function chiSquare(text: string): number {
  const expected = text.length / ALPHABET.length;
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...ALPHABET].reduce(
    (sum, character) => sum + ((counts.get(character) ?? 0) - expected) ** 2 / expected,
    0,
  );
}

describe('the secret of a token', () => {
  const secrets = Array.from({ length: SAMPLES }, () => {
    const { token } = issueToken('kw', '01jd8x4k2m6n8p0q2r4s6t8v0w');
    return token.slice('kw_01jd8x4k2m6n8p0q2r4s6t8v0w_'.length, -6);
  });

  it('has 43 base62 characters and is unique', () => {
    expect(secrets.filter((secret) => !/^[0-9A-Za-z]{43}$/.test(secret))).toEqual([]);
    expect(new Set(secrets).size).toBe(SAMPLES);
  });

  it('uses all 62 characters equally often [T1]', () => {
    expect(chiSquare(secrets.join(''))).toBeLessThan(EVEN);
  });

  it('uses all 62 characters equally often at its start and its end', () => {
    const ends = secrets.map((secret) => secret.slice(0, 10) + secret.slice(-10));
    expect(chiSquare(ends.join(''))).toBeLessThan(EVEN);
  });

  it.each([256, 249])('would fail these tests if made of random bytes below %d modulo 62', (limit) => {
    const bytes = [...randomBytes(SAMPLES * 43)].filter((byte) => byte < limit);
    const biased = bytes.map((byte) => ALPHABET.charAt(byte % 62));
    expect(chiSquare(biased.join(''))).toBeGreaterThan(EVEN);
  });
});
