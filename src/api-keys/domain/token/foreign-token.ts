import { hash } from 'node:crypto';
import { encodeBase32 } from './base32';

const VISIBLE_ASCII = /^[\x21-\x7e]{20,512}$/;
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/**
 * Returns whether a presented text can be a token of another system: it begins with one of the configured prefixes,
 * has 20 to 512 visible ASCII characters, and does not look like a JWT.
 */
export function isForeignToken(presented: string, importPrefixes: readonly string[]): boolean {
  return (
    importPrefixes.some((prefix) => presented.startsWith(prefix)) &&
    VISIBLE_ASCII.test(presented) &&
    !JWT.test(presented)
  );
}

/**
 * Returns the key id for a token of another system: `z` and 25 base32 digits of SHA-256 over `keyward:import:` and the token's
 * hash. The store can therefore find imported keys by `_id`, like all other keys.
 *
 * @param tokenHash SHA-256 of the whole token, lower-case hex
 */
export function foreignKeyId(tokenHash: string): string {
  return `z${encodeBase32(hash('sha256', `keyward:import:${tokenHash}`, 'buffer'), 25)}`;
}
