import { randomBytes } from 'node:crypto';
import { hashToken } from '../../src/api-keys/domain/token/key-token';

/** A token that another system created, and the hash that it stored. */
export interface ForeignKey {
  readonly token: string;
  readonly hash: string;
}

/** Returns a token with its hash. By default, the token is `xm_` followed by 192 random bits. */
export function foreignKey(token = `xm_${randomBytes(24).toString('base64url')}`): ForeignKey {
  return { token, hash: hashToken(token) };
}
