import { Logger } from '@nestjs/common';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type ExportedJWKSCache,
  jwksCache,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { discoverProvider, patience, readJson } from '../issuers/discovery';
import type { OidcIssuerConfig } from '../issuers/oidc-issuer.config';
import { usableKeySet } from './usable-key-set';
import { IssuerFaultError } from '../issuers/issuer-fault.error';
import { InvalidSessionError, IssuerUnavailableError } from './session.errors';

const TIMEOUT_MS = 1500;

/** The maximum difference between the clocks of the issuer and Keyward for `exp` and `nbf`, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * The allowed algorithms, all asymmetric: with a shared secret, verifiers could also sign, and `none` has no signature.
 */
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

/**
 * Sessions are access tokens (RFC 9068 section 2.1) or ID tokens. An issuer signs other JWTs, such as logout tokens,
 * with the same keys. The header `typ` distinguishes them (RFC 8725 section 3.11).
 */
const SESSION_TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;

/** Minimum time between two requests to an issuer for new keys or after a failure, in milliseconds. */
const JWKS_COOLDOWN_MS = 5000;

/** How long cached keys are used while the issuer is unreachable, in milliseconds. */
const KEPT_MS = 3_600_000;

type Session = JWTPayload & { readonly sub: string };

/** An issuer's key set, and its contents at the last successful fetch. */
interface KeySet {
  readonly remote: JWTVerifyGetKey;
  readonly last: ExportedJWKSCache;
}

/** One identity provider: finds its keys by discovery (OpenID Connect Discovery 1.0), caches them, and verifies sessions. */
export class OidcIssuer {
  private readonly logger = new Logger(OidcIssuer.name);
  private keys: KeySet | undefined;
  private discovery: Promise<KeySet> | undefined;
  private leftAloneUntil = Number.NEGATIVE_INFINITY;
  /** The last failure. While no keys are cached, it is thrown again without a request to the issuer. */
  private refusal: IssuerFaultError | IssuerUnavailableError | undefined;
  private isAway = false;
  private namedFault: string | undefined;

  constructor(readonly config: OidcIssuerConfig) {}

  /** Fetches the issuer's metadata, and logs what is wrong with the setup. An unreachable issuer does not count as a fault. */
  async lookForFault(): Promise<void> {
    try {
      await discoverProvider(this.config.issuer);
    } catch (error) {
      if (error instanceof IssuerFaultError) this.nameFault(error);
    }
  }

  /**
   * Verifies a session and returns its claims.
   *
   * @throws InvalidSessionError if the session is not of this issuer, not for this service, or expired
   * @throws IssuerUnavailableError if no keys are cached and the issuer is unreachable
   * @throws IssuerFaultError if no keys are cached and the issuer's answer shows that the setup is wrong
   */
  async verify(token: string): Promise<Session> {
    if (performance.now() < this.leftAloneUntil) return this.verifyWithKept(token);
    try {
      const { remote } = this.keys ?? (await this.discovered());
      const session = await this.sessionIn(token, remote);
      this.isAway = false;
      return session;
    } catch (error) {
      if (error instanceof IssuerFaultError) throw this.leaveAlone(this.nameFault(error));
      if (!(error instanceof IssuerUnavailableError)) throw new InvalidSessionError(error);
      this.noteOutage(error);
      return this.verifyWithKept(token, error);
    }
  }

  /**
   * Verifies a session with the cached keys, if they are at most an hour old. After an outage, stops requests to the
   * issuer for a short time.
   */
  private async verifyWithKept(token: string, outage?: unknown): Promise<Session> {
    const { last } = this.keys ?? {};
    if (last === undefined || Date.now() - last.uat > KEPT_MS) {
      if (outage === undefined && this.refusal !== undefined) throw this.refusal;
      throw this.leaveAlone(new IssuerUnavailableError(outage));
    }
    if (outage !== undefined) this.leftAloneUntil = performance.now() + JWKS_COOLDOWN_MS;
    try {
      return await this.sessionIn(token, createLocalJWKSet(last.jwks));
    } catch (error) {
      throw new InvalidSessionError(error);
    }
  }

  /**
   * Stops requests to the issuer for a short time. Otherwise each forged session would cause a request and a log line.
   */
  private leaveAlone<E extends IssuerFaultError | IssuerUnavailableError>(refusal: E): E {
    this.leftAloneUntil = performance.now() + JWKS_COOLDOWN_MS;
    this.refusal = refusal;
    return refusal;
  }

  private async sessionIn(token: string, keys: JWTVerifyGetKey): Promise<Session> {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: this.config.issuer,
      audience: [...this.config.audience],
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['sub', 'exp'],
    });
    const { typ = 'JWT' } = protectedHeader;
    if (typeof typ !== 'string' || !SESSION_TYPE.test(typ)) throw new InvalidSessionError();
    // Logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.4) and other security events (RFC 8417) may have the
    // type `JWT` too.
    if (Object.hasOwn(payload, 'events')) throw new InvalidSessionError();
    return this.forUs(payload);
  }

  /**
   * Rejects an invalid subject, and a token for several audiences that was issued to another client. `azp` names the
   * client (OpenID Connect Core section 3.1.3.7). See docs/integrations/google.md.
   */
  private forUs(payload: JWTPayload): Session {
    const { sub, aud, azp } = payload;
    // Stores replace unpaired surrogates: two subjects would become one.
    if (typeof sub !== 'string' || sub === '' || sub.length > 255 || !sub.isWellFormed())
      throw new InvalidSessionError();
    const isForSeveral = Array.isArray(aud) && aud.length > 1;
    if (isForSeveral && (typeof azp !== 'string' || !this.config.audience.includes(azp))) {
      throw new InvalidSessionError();
    }
    return { ...payload, sub };
  }

  /** Logs once per outage, not once per request. */
  private noteOutage(error: unknown): void {
    if (!this.isAway) {
      this.logger.warn(`cannot fetch the keys of ${this.config.issuer}: ${reasonOf(error)}`);
    }
    this.isAway = true;
  }

  /** Logs a fault once, not once per request. */
  private nameFault(fault: IssuerFaultError): IssuerFaultError {
    if (this.namedFault !== fault.message) this.logger.error(`no sign-in: ${fault.message}`);
    this.namedFault = fault.message;
    return fault;
  }

  private async discovered(): Promise<KeySet> {
    this.discovery ??= this.discover().finally(() => {
      this.discovery = undefined;
    });
    return this.discovery;
  }

  private async discover(): Promise<KeySet> {
    try {
      const signal = patience();
      const { jwksUri } = await discoverProvider(this.config.issuer, signal);
      const last = { jwks: usableKeySet(await readJson(jwksUri, signal)), uat: Date.now() };
      const remote = createRemoteJWKSet(new URL(jwksUri), {
        timeoutDuration: TIMEOUT_MS,
        cooldownDuration: JWKS_COOLDOWN_MS,
        [jwksCache]: last,
        [customFetch]: fetchKeySet,
      });
      return (this.keys = { remote, last });
    } catch (error) {
      if (error instanceof IssuerFaultError) throw error;
      throw new IssuerUnavailableError(error);
    }
  }
}

/** Fetches a key set. Only failures in this function are outages; other errors mean that the token is invalid. */
async function fetchKeySet(url: string, { signal }: { readonly signal: AbortSignal }): Promise<Response> {
  try {
    return Response.json(usableKeySet(await readJson(url, signal)));
  } catch (error) {
    throw new IssuerUnavailableError(error);
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof IssuerUnavailableError ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
