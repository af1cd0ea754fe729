import { randomBytes } from 'node:crypto';
import { hashToken } from '../../src/api-keys/domain/token/key-token';

/** A token that another system created, and what that system stored of it. */
export interface ForeignKey {
  readonly token: string;
  readonly hash: string;
}

/** Returns a random token that begins with `xm_` and has 192 random bits. */
export function foreignKey(token = `xm_${randomBytes(24).toString('base64url')}`): ForeignKey {
  return { token, hash: hashToken(token) };
}
