import { hash } from 'node:crypto';

/**
 * SHA-256 of a whole token, as 32 one-byte characters: the form in which digests are compared. At rest they are
 * lower-case hex.
 */
export function digestOf(token: string): string {
  return hash('sha256', token, 'binary');
}

/** A digest as it is kept at rest: lower-case hex. */
export function hexOf(digest: string): string {
  return Buffer.from(digest, 'latin1').toString('hex');
}

/** A digest as it is compared. What is no hex has no characters, and equals no digest. */
export function digestOfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}

/**
 * Whether two digests are equal. Every character is looked at, whatever the first ones were, so that the time taken
 * tells nothing. Digests this small are compared here in less time than it takes to hand them to
 * `crypto.timingSafeEqual` (`npm run bench`).
 */
export function isSameDigest(stored: string, presented: string): boolean {
  if (stored.length !== presented.length || presented.length === 0) return false;
  let difference = 0;
  for (let index = 0; index < presented.length; index += 1) {
    difference |= stored.charCodeAt(index) ^ presented.charCodeAt(index);
  }
  return difference === 0;
}
