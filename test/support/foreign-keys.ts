import { randomBytes } from 'node:crypto';
import { hashToken } from '../../src/api-keys/domain/token/key-token';

/** A token as another system made it, and what that system kept of it. */
export interface ForeignKey {
  readonly token: string;
  readonly hash: string;
}

/** Draws a token that begins with `xm_`, of 192 random bits. */
export function foreignKey(token = `xm_${randomBytes(24).toString('base64url')}`): ForeignKey {
  return { token, hash: hashToken(token) };
}
