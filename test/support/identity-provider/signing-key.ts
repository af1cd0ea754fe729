import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JWK, JWTPayload } from 'jose';

let made = 0;

/** An RSA signing key of an issuer. */
export class SigningKey {
  private readonly pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly kid = `key-${(made += 1)}-${Date.now()}`;

  get publicKey(): KeyObject {
    return this.pair.publicKey;
  }

  get publicJwk(): JWK {
    return { ...(this.pair.publicKey.export({ format: 'jwk' }) as JWK), kid: this.kid, use: 'sig' };
  }

  get privateJwk(): JWK {
    return { ...(this.pair.privateKey.export({ format: 'jwk' }) as JWK), kid: this.kid, use: 'sig' };
  }

  /**
   * Signs any claims with RS256, even invalid ones that a library would reject.
   *
   * @param header changes of the header. `undefined` removes a member.
   */
  sign(claims: JWTPayload, header: Readonly<Record<string, unknown>> = {}): string {
    const parts = [{ alg: 'RS256', kid: this.kid, typ: 'JWT', ...header }, claims];
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${signed}.${sign('sha256', Buffer.from(signed), this.pair.privateKey).toString('base64url')}`;
  }
}
