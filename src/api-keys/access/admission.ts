import { Inject, Injectable } from '@nestjs/common';
import { KeywardError } from '../../problems/keyward.error';
import { PROBLEM_CATALOGUE } from '../../problems/problem-catalogue';
import { problemOf } from '../../problems/problem';
import { ProblemException } from '../../problems/problem.exception';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../api-keys.options';
import type { Caller } from '../domain/caller';
import type { Requirement } from '../domain/decision';
import { meetsScopes } from '../domain/scopes';
import { FailedCredentials } from '../limits/failed-credentials';
import { DecisionMetrics, type Door } from '../verification/decision-metrics';
import { KeyVerifier } from '../verification/key-verifier';
import type { Passed, Verification } from '../verification/verification';
import { ambiguousCredential, invalidSession, missingCredential, refusalOf } from './challenges';
import type { Authenticator } from './authenticator';
import type { PresentedCredential } from './credentials';
import { noteDecision } from './decision-note';
import { rateLimitHeaders } from './rate-limit-headers';

/**
 * Lets a request in by the credential it presents, or refuses it with the answer RFC 6750 asks for. Shared by the
 * guard and by forward-auth.
 */
@Injectable()
export class Admission {
  private readonly realm: string;

  constructor(
    private readonly verifier: KeyVerifier,
    private readonly failures: FailedCredentials,
    private readonly metrics: DecisionMetrics,
    @Inject(API_KEYS_OPTIONS) options: ApiKeysOptions,
  ) {
    this.realm = options.realm ?? 'keyward';
  }

  /**
   * @param door who asks, for the metrics
   * @throws ProblemException if the request is refused
   */
  async admit(
    credential: PresentedCredential,
    requirement: Requirement,
    door: Door = 'guard',
  ): Promise<Passed> {
    try {
      return await this.judge(credential, requirement, door);
    } catch (error) {
      throw error instanceof KeywardError ? ProblemException.of(error) : error;
    }
  }

  /**
   * Lets a user's session in.
   *
   * @throws ProblemException if the request is refused
   */
  async admitSession(
    token: string,
    authenticator: Authenticator,
    requirement: Pick<Requirement, 'scopes' | 'clientAddress'>,
  ): Promise<Caller> {
    try {
      const caller = await authenticator.authenticate(token);
      if (meetsScopes(caller.scopes, requirement.scopes)) return caller;
      throw refusalOf('INSUFFICIENT_SCOPE', requirement.scopes, this.realm);
    } catch (error) {
      if (!(error instanceof KeywardError)) throw error;
      throw error.code === 'invalid_session'
        ? await this.counted(invalidSession(error.message, this.realm), requirement)
        : ProblemException.of(error);
    }
  }

  private async judge(
    credential: PresentedCredential,
    requirement: Requirement,
    door: Door,
  ): Promise<Passed> {
    if (credential.kind === 'none') throw missingCredential(this.realm);
    if (credential.kind === 'ambiguous') throw ambiguousCredential(this.realm);
    const verification = await this.metrics.counted(
      door,
      this.verifier.verify(credential.token, requirement),
    );
    if (verification.code !== 'VALID') {
      const refusal = await this.refusal(verification, requirement);
      noteDecision(refusal, verification);
      throw refusal;
    }
    if (credential.userName === undefined || credential.userName === verification.key.id) return verification;
    throw await this.counted(refusalOf('USER_NAME_MISMATCH', requirement.scopes, this.realm), requirement);
  }

  private async refusal(
    verification: Exclude<Verification, Passed>,
    requirement: Requirement,
  ): Promise<ProblemException> {
    if (verification.code === 'RATE_LIMITED') {
      return new ProblemException(
        problemOf('rate_limited', 'Try again after the seconds in Retry-After.'),
        rateLimitHeaders(verification.rateLimit),
      );
    }
    return this.counted(refusalOf(verification.code, requirement.scopes, this.realm), requirement);
  }

  /** A failed credential counts against the client's address; past the limit it answers 429. */
  private async counted(
    refusal: ProblemException,
    { clientAddress }: Pick<Requirement, 'clientAddress'>,
  ): Promise<ProblemException> {
    if (PROBLEM_CATALOGUE[refusal.problem.code].status !== 401) return refusal;
    const count = await this.failures.count(clientAddress);
    if (count.allowed) return refusal;
    return new ProblemException(
      problemOf('too_many_failures', 'Present a valid API key, or wait for Retry-After.'),
      {
        'Retry-After': String(count.resetSeconds),
      },
    );
  }
}
