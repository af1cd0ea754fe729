import { hash } from 'node:crypto';

/**
 * Returns SHA-256 of a whole token as 32 one-byte characters, the form in which digests are compared. Stored digests
 * are lower-case hex.
 */
export function digestOf(token: string): string {
  return hash('sha256', token, 'binary');
}

/** Returns a digest in its stored form: lower-case hex. */
export function hexOf(digest: string): string {
  return Buffer.from(digest, 'latin1').toString('hex');
}

/** Returns a stored digest in the form in which digests are compared. Text that is not hex never matches. */
export function digestOfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}

/**
 * Returns whether two digests are equal. Compares every character, so that response time reveals nothing. For digests
 * this small, the loop is faster than a call of `crypto.timingSafeEqual` (`npm run bench`).
 */
export function isSameDigest(stored: string, presented: string): boolean {
  if (stored.length !== presented.length || presented.length === 0) return false;
  let difference = 0;
  for (let index = 0; index < presented.length; index += 1) {
    difference |= stored.charCodeAt(index) ^ presented.charCodeAt(index);
  }
  return difference === 0;
}
