import { Inject, Injectable } from '@nestjs/common';
import { MisuseError } from '../../problems/misuse.error';
import { isForClients } from '../../problems/keyward.error';
import { PROBLEM_CATALOGUE } from '../../problems/problem-catalogue';
import { ProblemException } from '../../problems/problem.exception';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import type { Caller } from '../domain/caller';
import type { Requirement } from '../domain/decision';
import { parseToken } from '../domain/token/key-token';
import { meetsScopes } from '../domain/scopes';
import { FailedCredentials } from '../limits/failed-credentials';
import { DecisionMetrics, type Door } from '../verification/decision-metrics';
import { KeyVerifier, type VerifyOptions } from '../verification/key-verifier';
import { KeyWatch } from '../verification/key-watch';
import { isAtOnce, type Passed, type Verification } from '../verification/verification';
import { ambiguousCredential, invalidSession, missingCredential, refusalOf } from './challenges';
import type { Authenticator } from '../ports/authenticator';
import type { PresentedCredential, PresentedToken } from './header-credential';
import { attachDecision } from './logged-decision';
import { limitProblem } from './rate-limit-answers';

/** Options of an admission. */
export interface AdmitOptions extends VerifyOptions {
  /** Whether the call is part of one that was already counted, so that it counts neither as a request nor as a use. */
  readonly isPart?: boolean | undefined;
}

/** The detail for a connection whose key could not be checked in time. */
const UNPROVEN = 'The API key of this connection could not be checked in time. Connect again.';

type Refusal = Exclude<Verification, Passed>;

/**
 * Allows a request by its credential, or rejects it with the response that RFC 6750 specifies. The guard and forward-auth
 * share it.
 */
@Injectable()
export class Admission {
  private readonly realm: string;
  private readonly importPrefixes: readonly string[];

  constructor(
    private readonly verifier: KeyVerifier,
    private readonly failures: FailedCredentials,
    private readonly metrics: DecisionMetrics,
    private readonly watch: KeyWatch,
    @Inject(API_KEYS_OPTIONS) options: ApiKeysOptions,
  ) {
    this.realm = options.http?.realm ?? 'keyward';
    this.importPrefixes = options.tokens?.importPrefixes ?? [];
  }

  /**
   * Allows a request with a key. Returns synchronously if the verifier does.
   *
   * @param door the guard or endpoint, for the metrics
   * @param options options of the verification; with `noCache`, the store is read only if the cached key makes the token valid
   * @throws ProblemException if the request is rejected; thrown at once, or as the rejection of the promise
   */
  admit(
    credential: PresentedCredential,
    requirement: Requirement,
    door: Door = 'guard',
    options?: AdmitOptions,
  ): Passed | Promise<Passed> {
    if (credential.kind === 'none') throw missingCredential(this.realm);
    if (credential.kind === 'ambiguous') throw ambiguousCredential(this.realm);
    const { token } = credential;
    this.requireOwnName(credential, requirement);
    if (options?.noCache === true) {
      return this.judgeLate(this.confirmed(token, requirement, options), requirement, door);
    }
    const verification = this.verify(token, requirement, options);
    if (!isAtOnce(verification)) return this.judgeLate(verification, requirement, door);
    this.metrics.count(door, verification.code);
    return verification.code === 'VALID' ? verification : this.refuse(verification, requirement);
  }

  /**
   * Follows the key of an allowed request, for example of a subscription.
   *
   * @param end called at most once, with the problem, when the token no longer meets the requirement
   * @returns a function that stops following
   */
  follow(token: string, requirement: Requirement, end: (problem: ProblemException) => void): () => void {
    const parsed = parseToken(token, this.importPrefixes);
    if (parsed === null) throw new MisuseError('only the token of an allowed request can be followed');
    return this.watch.watch(parsed, requirement, ({ code }) => {
      end(
        code === 'UNAVAILABLE'
          ? ProblemException.from('storage_unavailable', UNPROVEN, { 'Retry-After': '1' })
          : refusalOf(code, requirement, this.realm),
      );
    });
  }

  /**
   * Allows a request with a session.
   *
   * @throws ProblemException if the request is rejected
   */
  async admitSession(
    token: string,
    authenticator: Authenticator,
    requirement: Pick<Requirement, 'scopes' | 'clientAddress'>,
  ): Promise<Caller> {
    try {
      const caller = await authenticator.authenticate(token);
      if (meetsScopes(caller.scopes, requirement.scopes)) return caller;
      throw refusalOf('INSUFFICIENT_SCOPE', { ...requirement, tenant: undefined }, this.realm);
    } catch (error) {
      if (!isForClients(error)) throw error;
      throw error.code === 'invalid_session'
        ? await this.counted(invalidSession(error.message, this.realm), requirement)
        : ProblemException.of(error);
    }
  }

  /**
   * Verifies the token with the cache first. Reads the store only if it is valid, so that forged tokens cause no further reads.
   */
  private async confirmed(
    token: string,
    requirement: Requirement,
    options: AdmitOptions,
  ): Promise<Verification> {
    const known = await this.verifier.inspectNow(token, requirement);
    if (known.code === 'VALID') return this.verify(token, requirement, options);
    return options.isPart === true ? known : this.verifier.countRefusal(known, requirement, options.cost);
  }

  private verify(
    token: string,
    requirement: Requirement,
    options: AdmitOptions | undefined,
  ): Verification | Promise<Verification> {
    return options?.isPart === true
      ? this.verifier.inspectNow(token, requirement, options)
      : this.verifier.verifyNow(token, requirement, options);
  }

  private async judgeLate(
    verifying: Promise<Verification>,
    requirement: Requirement,
    door: Door,
  ): Promise<Passed> {
    try {
      const verification = await this.metrics.counted(door, verifying);
      return verification.code === 'VALID' ? verification : await this.refuse(verification, requirement);
    } catch (error) {
      throw isForClients(error) ? ProblemException.of(error) : error;
    }
  }

  /**
   * Rejects a user name that is not the key id in the token. This check runs before any lookup or count, because a user name is
   * not a secret.
   */
  private requireOwnName({ token, userName }: PresentedToken, requirement: Requirement): void {
    if (userName === undefined) return;
    const parsed = parseToken(token, this.importPrefixes);
    if (parsed !== null && parsed.keyId !== userName)
      throw refusalOf('USER_NAME_MISMATCH', requirement, this.realm);
  }

  private async refuse(verification: Refusal, requirement: Requirement): Promise<never> {
    const refusal = await this.refusal(verification, requirement);
    attachDecision(refusal, verification);
    throw refusal;
  }

  private async refusal(verification: Refusal, requirement: Requirement): Promise<ProblemException> {
    if (verification.code === 'RATE_LIMITED') return limitProblem(verification);
    return this.counted(refusalOf(verification.code, requirement, this.realm), requirement);
  }

  /** Counts a failed credential against the client's address. Returns a 429 above the limit. */
  private async counted(
    refusal: ProblemException,
    { clientAddress }: Pick<Requirement, 'clientAddress'>,
  ): Promise<ProblemException> {
    if (PROBLEM_CATALOGUE[refusal.problem.code].status !== 401) return refusal;
    const { refusedBy } = await this.failures.count(clientAddress);
    if (refusedBy === undefined) return refusal;
    return ProblemException.from('too_many_failures', 'Present a valid API key, or wait for Retry-After.', {
      'Retry-After': String(refusedBy.resetSeconds),
    });
  }
}
