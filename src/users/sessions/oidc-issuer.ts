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

/** How far the issuer's clock may be from ours, in seconds, for `exp` and `nbf`. */
const CLOCK_TOLERANCE_SECONDS = 5;

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

/**
 * Sessions are access tokens (RFC 9068 section 2.1) or ID tokens. An issuer signs other JWTs with the same keys, such
 * as logout tokens, which are told apart by their type (RFC 8725 section 3.11).
 */
const SESSION_TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;

/** Key sets that a rotation made are asked for again at most this often, in milliseconds. */
const JWKS_COOLDOWN_MS = 5000;

/** How long keys are used that the issuer cannot confirm, in milliseconds. */
const KEPT_MS = 3_600_000;

type Session = JWTPayload & { readonly sub: string };

/** An issuer's key set, and what it held when it was last had. */
interface KeySet {
  readonly remote: JWTVerifyGetKey;
  readonly last: ExportedJWKSCache;
}

/** One identity provider: finds its keys by discovery (OpenID Connect Discovery 1.0), keeps them, and judges sessions. */
export class OidcIssuer {
  private readonly logger = new Logger(OidcIssuer.name);
  private keys: KeySet | undefined;
  private discovery: Promise<KeySet> | undefined;
  private leftAloneUntil = Number.NEGATIVE_INFINITY;
  /** Why it is left alone, as long as its keys were never had. */
  private refusal: IssuerFaultError | IssuerUnavailableError | undefined;
  private isAway = false;
  private namedFault: string | undefined;

  constructor(readonly config: OidcIssuerConfig) {}

  /** Asks the issuer for its description, and logs what is wrong with the set-up. An issuer that is away is no fault of it. */
  async lookForFault(): Promise<void> {
    try {
      await discoverProvider(this.config.issuer);
    } catch (error) {
      if (error instanceof IssuerFaultError) this.nameFault(error);
    }
  }

  /**
   * The claims of a session that this issuer made for us.
   *
   * @throws InvalidSessionError if it did not, or not any more
   * @throws IssuerUnavailableError if its keys are not known and it cannot be asked
   * @throws IssuerFaultError if its keys are not known and its answer shows that the set-up is wrong
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

  /** With the keys as they were last had: for an hour, and no longer. The issuer is left alone for a moment. */
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

  /** Whoever forges sessions must not make us ask an issuer, and log its refusal, once a request. */
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
    // A logout token (OpenID Connect Back-Channel Logout 1.0 section 2.4) or another security event (RFC 8417) may say `JWT`.
    if (Object.hasOwn(payload, 'events')) throw new InvalidSessionError();
    return this.forUs(payload);
  }

  /**
   * A token for several audiences says in `azp` whom it was issued to (OpenID Connect Core section 3.1.3.7); one
   * that was issued to another party's client is not ours. See docs/integrations/google.md.
   */
  private forUs(payload: JWTPayload): Session {
    const { sub, aud, azp } = payload;
    // Stores keep half a character as another one: two subjects would become one.
    if (typeof sub !== 'string' || sub === '' || sub.length > 255 || !sub.isWellFormed())
      throw new InvalidSessionError();
    const isForSeveral = Array.isArray(aud) && aud.length > 1;
    if (isForSeveral && (typeof azp !== 'string' || !this.config.audience.includes(azp))) {
      throw new InvalidSessionError();
    }
    return { ...payload, sub };
  }

  /** Says so once an outage, not once a request. */
  private noteOutage(error: unknown): void {
    if (!this.isAway) {
      this.logger.warn(`${this.config.issuer} cannot be asked for its keys: ${reasonOf(error)}`);
    }
    this.isAway = true;
  }

  /** Logs a fault once, not once a request. */
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

/** Only a failure in here is an outage. Everything else that goes wrong is the fault of the token. */
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
