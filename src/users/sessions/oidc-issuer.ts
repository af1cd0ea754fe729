import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { discoverProvider } from './discovery';
import type { OidcIssuerConfig } from './oidc-issuer.config';
import { InvalidSessionError, IssuerUnavailableError } from './session.errors';

const TIMEOUT_MS = 1500;

/** How far the issuer's clock may be from ours, in seconds, for `exp` and `nbf`. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** Asymmetric only: a secret that verifies could also sign, and `none` signs nothing. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Key sets that a rotation made are asked for again at most this often, in milliseconds. */
const JWKS_COOLDOWN_MS = 5000;

/** How long keys are used that the issuer cannot confirm, in milliseconds. */
const KEPT_MS = 3_600_000;

type RemoteKeySet = ReturnType<typeof createRemoteJWKSet>;

/** One identity provider: finds its keys by discovery (OpenID Connect Discovery 1.0), keeps them, and judges sessions. */
export class OidcIssuer {
  private keys: RemoteKeySet | undefined;
  private discovery: Promise<RemoteKeySet> | undefined;
  private keptAt = Number.NEGATIVE_INFINITY;
  private leftAloneUntil = Number.NEGATIVE_INFINITY;

  constructor(readonly config: OidcIssuerConfig) {}

  /**
   * The claims of a session that this issuer made for us.
   *
   * @throws InvalidSessionError if it did not, or not any more
   * @throws IssuerUnavailableError if its keys are not known and it cannot be asked
   */
  async verify(token: string): Promise<JWTPayload & { readonly sub: string }> {
    try {
      return this.forUs(await this.claimsOf(token, await this.keySet()));
    } catch (error) {
      if (!isUnavailable(error)) throw new InvalidSessionError(error);
      const kept = this.keptKeys();
      if (kept === undefined) throw new IssuerUnavailableError(error);
      return this.verifyWithKept(token, kept);
    }
  }

  private async verifyWithKept(
    token: string,
    kept: JWTVerifyGetKey,
  ): Promise<JWTPayload & { readonly sub: string }> {
    this.leftAloneUntil = performance.now() + JWKS_COOLDOWN_MS;
    try {
      return this.forUs(await this.claimsOf(token, kept));
    } catch (error) {
      throw new InvalidSessionError(error);
    }
  }

  private async claimsOf(token: string, keys: JWTVerifyGetKey): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys, {
      issuer: this.config.issuer,
      audience: [...this.config.audience],
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['sub', 'exp'],
    });
    return payload;
  }

  /** The issuer's key set; the kept one while the issuer is left alone after a failure. */
  private async keySet(): Promise<JWTVerifyGetKey> {
    const kept = performance.now() < this.leftAloneUntil ? this.keptKeys() : undefined;
    return kept ?? this.keys ?? (await this.discovered());
  }

  /** The keys as they were last had, while the issuer cannot be asked; for an hour, and no longer. */
  private keptKeys(): JWTVerifyGetKey | undefined {
    const jwks = this.keys?.jwks();
    if (jwks !== undefined && this.keys?.fresh) this.keptAt = performance.now();
    return jwks === undefined || performance.now() - this.keptAt > KEPT_MS
      ? undefined
      : createLocalJWKSet(jwks);
  }

  /**
   * A token for several audiences says in `azp` whom it was issued to (OpenID Connect Core section 3.1.3.7); one
   * that was issued to another party's client is not ours. See docs/integrations/google.md.
   */
  private forUs(payload: JWTPayload): JWTPayload & { readonly sub: string } {
    const { sub, aud, azp } = payload;
    if (typeof sub !== 'string' || sub === '' || sub.length > 255) throw new InvalidSessionError();
    const isForSeveral = Array.isArray(aud) && aud.length > 1;
    if (isForSeveral && (typeof azp !== 'string' || !this.config.audience.includes(azp))) {
      throw new InvalidSessionError();
    }
    return { ...payload, sub };
  }

  private async discovered(): Promise<RemoteKeySet> {
    this.discovery ??= this.discover().finally(() => {
      this.discovery = undefined;
    });
    return this.discovery;
  }

  private async discover(): Promise<RemoteKeySet> {
    try {
      const { jwksUri } = await discoverProvider(this.config.issuer);
      const keys = createRemoteJWKSet(new URL(jwksUri), {
        timeoutDuration: TIMEOUT_MS,
        cooldownDuration: JWKS_COOLDOWN_MS,
      });
      await keys.reload();
      this.keptAt = performance.now();
      return (this.keys = keys);
    } catch (error) {
      throw new IssuerUnavailableError(error);
    }
  }
}

/** Whether the key set could not be had, as opposed to a token that it refuses. */
function isUnavailable(error: unknown): boolean {
  if (error instanceof InvalidSessionError) return false;
  if (error instanceof IssuerUnavailableError || error instanceof errors.JWKSTimeout) return true;
  return !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC';
}
