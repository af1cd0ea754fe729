import * as fc from 'fast-check';
import { createHash, timingSafeEqual } from 'node:crypto';
import { digestOf, digestOfHex, hexOf, isSameDigest } from './token-digest';

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));

describe('the digest of a token', () => {
  it('is SHA-256 of the whole token, and converts to the stored form and back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (token) => {
        const hex = createHash('sha256').update(token, 'utf8').digest('hex');
        expect(hexOf(digestOf(token))).toBe(hex);
        expect(digestOfHex(hex)).toBe(digestOf(token));
      }),
    );
  });

  it('equals another digest if and only if `timingSafeEqual` returns true for them', () => {
    fc.assert(
      fc.property(digests, digests, fc.boolean(), (one, other, same) => {
        const presented = same ? Buffer.from(one) : other;
        expect(isSameDigest(one.toString('latin1'), presented.toString('latin1'))).toBe(
          timingSafeEqual(one, presented),
        );
      }),
    );
  });

  it('does not equal a digest that differs in any single bit', () => {
    const digest = digestOf('kw_acme');
    for (let bit = 0; bit < 256; bit += 1) {
      const bytes = Buffer.from(digest, 'latin1');
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(isSameDigest(digest, bytes.toString('latin1'))).toBe(false);
    }
  });

  it('does not equal a text that is shorter, longer, empty or not a digest', () => {
    const digest = digestOf('kw_acme');
    expect(isSameDigest(digest, digest.slice(0, 31))).toBe(false);
    expect(isSameDigest(digest.slice(0, 31), digest)).toBe(false);
    expect(isSameDigest(digest, `${digest}x`)).toBe(false);
    expect(isSameDigest('', '')).toBe(false);
    expect(isSameDigest(digestOfHex('not hex'), digestOfHex('nothing'))).toBe(false);
  });
});
