import { hash } from 'node:crypto';
import { encodeBase32 } from './base32';

const VISIBLE_ASCII = /^[\x21-\x7e]{20,512}$/;
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/**
 * Whether a presented text is looked at as a token that another system issued: it begins with one of the
 * configured prefixes, and is 20 to 512 visible ASCII characters without the shape of a JWT.
 */
export function isForeignToken(presented: string, importPrefixes: readonly string[]): boolean {
  return (
    importPrefixes.some((prefix) => presented.startsWith(prefix)) &&
    VISIBLE_ASCII.test(presented) &&
    !JWT.test(presented)
  );
}

/**
 * The id of the key that a foreign token belongs to, so that it is looked up by `_id` like every other: `z` and
 * 25 base32 digits of SHA-256 over `keyward:import:` and the token's hash.
 *
 * @param tokenHash SHA-256 of the whole token, lower-case hex
 */
export function foreignKeyId(tokenHash: string): string {
  return `z${encodeBase32(hash('sha256', `keyward:import:${tokenHash}`, 'buffer'), 25)}`;
}
