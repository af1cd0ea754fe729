import { Inject, Injectable, Optional } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../api-keys.options';
import { CLOCK } from '../clock.token';
import type { Clock } from '../domain/clock';
import { type Decision, decide, findSecret, type Requirement, type StoredState } from '../domain/decision';
import { type ParsedToken, parseToken } from '../domain/key-token';
import { RATE_LIMITER, type RateLimiter } from '../limits/rate-limiter';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../storage/api-key.repository';
import { UsageRecorder } from '../usage/usage-recorder';
import { OWNER_STATUS, type OwnerStatus } from './owner-status';
import { ReuseRecorder } from './reuse-recorder';
import type { Verification } from './verification';

/**
 * Answers whether a presented token is good for what is required of it. Every door asks here.
 *
 * @example
 * const answer = await verifier.verify(token, {
 *   scopes: { allOf: ['memory:read'], anyOf: [] },
 *   tenant: { orgId: 'acme' },
 *   clientAddress: '203.0.113.7',
 * });
 * if (answer.code === 'VALID') use(answer.key);
 */
@Injectable()
export class KeyVerifier {
  private readonly importPrefixes: readonly string[];

  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly repository: ApiKeyRepository,
    @Inject(API_KEYS_OPTIONS) options: ApiKeysOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RATE_LIMITER) private readonly rateLimiter: RateLimiter,
    private readonly reuse: ReuseRecorder,
    private readonly usage: UsageRecorder,
    @Optional() @Inject(OWNER_STATUS) private readonly owners?: OwnerStatus,
  ) {
    this.importPrefixes = options.importTokenPrefixes ?? [];
  }

  /**
   * Decides, and where the key is good counts the request against the key's own rate limit. What is `VALID` then is
   * a use of the key.
   *
   * @param token the presented text, of any length and content
   * @throws StorageUnavailableError if the store cannot answer
   * @throws RateLimiterUnavailableError if requests cannot be counted and are refused then
   */
  async verify(token: string, requirement: Requirement): Promise<Verification> {
    const decision = await this.inspect(token, requirement);
    if (decision.code !== 'VALID') return decision;
    const { key, secret } = decision;
    if (key.rateLimit === undefined) {
      this.usage.note(key.id, this.clock.now().getTime());
      return decision;
    }
    const rateLimit = await this.rateLimiter.consume(key.id, key.rateLimit);
    if (rateLimit.allowed) this.usage.note(key.id, this.clock.now().getTime());
    return { code: rateLimit.allowed ? 'VALID' : 'RATE_LIMITED', key, secret, rateLimit };
  }

  /**
   * Decides without counting.
   *
   * @throws StorageUnavailableError if the store cannot answer
   */
  async inspect(token: string, requirement: Requirement): Promise<Decision> {
    const presented = parseToken(token, this.importPrefixes);
    const stored = presented === null ? null : await this.load(presented);
    const decision = decide(presented, stored, requirement, this.clock.now());
    if (decision.code === 'ROTATED') await this.reuse.note(decision.key, decision.secret);
    return decision;
  }

  private async load({ keyId, hash }: ParsedToken): Promise<StoredState | null> {
    const key = await this.repository.find(keyId);
    // The owner is asked about for genuine secrets only, so that its absence tells strangers nothing of the key.
    if (key === null || findSecret(key.secrets, hash) === undefined) return null;
    const ownerActive =
      this.owners === undefined || key.ownerId === undefined || (await this.owners.isActive(key.ownerId));
    return { key, ownerActive };
  }
}
