import { Inject, Injectable } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { isRetired } from '../domain/api-key';
import { type Clock, CLOCK } from '../ports/clock';
import type { TenantContext } from '../domain/binding';
import { isRequirableScope, type ScopeRequirement } from '../domain/scopes';
import {
  decide,
  type Decision,
  type Requirement,
  storedState,
  type Unknown,
  type Valid,
} from '../domain/decision';
import { isImportedKeyId } from '../domain/key-id';
import { type ParsedToken, parseToken } from '../domain/token/key-token';
import { sharedLimitsOf } from '../domain/policy-state';
import { findSecret, type PreparedKey } from '../domain/prepared-key';
import { digestOf } from '../domain/token/token-digest';
import { supposedKeyIdOf } from '../domain/token/token-form';
import { isCost, MAX_COST } from '../domain/rate-limit';
import { type Charge, RATE_LIMITER, type RateLimiter } from '../ports/rate-limiter';
import { UnacceptableFieldError } from '../../problems/unacceptable-field.error';
import { ANYTHING, type MemberRules, requireMembers, SWITCH, TEXT } from '../../problems/members';
import { UsageRecorder } from '../usage/usage-recorder';
import { CoarseTime } from './coarse-time';
import type { Reading } from './fresh-cache';
import { FreshKeys } from './fresh-keys';
import { ReuseRecorder } from './reuse-recorder';
import { isAtOnce, type Verification } from './verification';

/** The maximum time to read the store. The other 200 ms of two seconds are for the response. */
const ANSWER_WITHIN_MS = 1800;

const ANY_TIME = new Date(0);

const NO_CHARGES: readonly Charge[] = [];

/** Options of a verification. */
export interface VerifyOptions {
  /** Reads the store instead of the cache, like `Cache-Control: no-cache` over HTTP. */
  readonly noCache?: boolean | undefined;
  /**
   * As how many requests it counts against the rate limits: 0 to 1,000, by default 1. A request of cost 0 is never rejected by a
   * limit.
   */
  readonly cost?: number | undefined;
  /** Ignores the rate limits of the key, and does not count the request against them. The request still counts as a use. */
  readonly uncounted?: boolean | undefined;
}

const REQUIREMENT: MemberRules<Requirement> = {
  scopes: ANYTHING,
  tenant: ANYTHING,
  verifier: ANYTHING,
  clientAddress: TEXT,
  possession: SWITCH,
};

const SCOPES: MemberRules<ScopeRequirement> = {
  allOf: { message: 'must be a list of scopes without wildcards', passes: areRequirable },
  anyOf: {
    message: 'must be a list of lists of scopes without wildcards',
    passes: (value) => Array.isArray(value) && value.every(areRequirable),
  },
};

const TENANT: MemberRules<TenantContext> = { orgId: TEXT, projectId: TEXT };

const OPTIONS: MemberRules<VerifyOptions> = {
  noCache: SWITCH,
  cost: {
    message: `must be a whole number from 0 to ${MAX_COST}`,
    passes: (value) => value === undefined || isCost(value),
  },
  uncounted: SWITCH,
};

/**
 * Verifies whether a presented token meets a requirement. The guard and all decision endpoints use it.
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
  private readonly time: CoarseTime;

  /** @internal Nest calls this constructor. */
  constructor(
    private readonly fresh: FreshKeys,
    @Inject(API_KEYS_OPTIONS) options: ApiKeysOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RATE_LIMITER) private readonly rateLimiter: RateLimiter,
    private readonly reuse: ReuseRecorder,
    private readonly usage: UsageRecorder,
  ) {
    this.importPrefixes = options.tokens?.importPrefixes ?? [];
    this.time = new CoarseTime(clock);
  }

  /**
   * Verifies a token. If the token is genuine, counts the request in the usage; if it is valid, also against its rate limits.
   *
   * @param token the presented text, of any length and content
   * @returns the decision; `RATE_LIMITED` if the key is valid and one of its rate limits has no room
   * @throws StorageUnavailableError if the store does not respond in time
   * @throws UnacceptableFieldError if a member of the requirement or the options is unknown, missing or invalid
   * @throws RateLimiterUnavailableError if the rate limiter is unavailable and `limits.onOutage` is `deny`
   */
  async verify(token: string, requirement: Requirement, options?: VerifyOptions): Promise<Verification> {
    requireQuestion(token, requirement, options);
    return this.verifyNow(token, requirement, options);
  }

  /**
   * Verifies a token like `verify`, but counts neither a request nor a use.
   *
   * @param token the presented text, of any length and content
   * @throws StorageUnavailableError if the store does not respond in time
   */
  async inspect(token: string, requirement: Requirement, options?: VerifyOptions): Promise<Decision> {
    requireQuestion(token, requirement, options);
    return this.inspectNow(token, requirement, options);
  }

  /**
   * Inspects a token like `inspect`, but does not validate the requirement. Returns synchronously if the key is cached
   * and proven fresh.
   *
   * @internal
   */
  inspectNow(token: string, requirement: Requirement, options?: VerifyOptions): Decision | Promise<Decision> {
    return this.inspectAt(performance.now(), token, requirement, options);
  }

  /**
   * Verifies a token like `verify`, but returns synchronously if the key is cached, proven fresh and has no rate limits. The
   * guard uses it, so that a request with a cached key does not wait for a promise (`npm run bench -- guard`).
   *
   * @internal
   */
  verifyNow(
    token: string,
    requirement: Requirement,
    options?: VerifyOptions,
  ): Verification | Promise<Verification> {
    const at = performance.now();
    const decision = this.inspectAt(at, token, requirement, options);
    return isAtOnce(decision)
      ? this.countRequest(at, decision, token, requirement, options)
      : decision.then(async (late) =>
          this.countRequest(performance.now(), late, token, requirement, options),
        );
  }

  private inspectAt(
    at: number,
    token: string,
    requirement: Requirement,
    options: VerifyOptions | undefined,
  ): Decision | Promise<Decision> {
    if (options?.noCache === true) return this.inspectUnknown(at, token, requirement, true);
    // The form of a token is checked only if its key is not cached, because a correct secret has a correct form; see decision
    // record 0026.
    const keyId = supposedKeyIdOf(token);
    const prepared = keyId === undefined ? undefined : this.fresh.keys.peek(keyId, at);
    return (
      (prepared && this.decideAtOnce(at, prepared, digestOf(token), requirement)) ??
      this.inspectUnknown(at, token, requirement, false)
    );
  }

  private inspectUnknown(
    at: number,
    token: string,
    requirement: Requirement,
    noCache: boolean,
  ): Decision | Promise<Decision> {
    const presented = parseToken(token, this.importPrefixes);
    if (presented === null) return decide(null, null, requirement, ANY_TIME);
    if (noCache) return this.ask(presented, requirement, true);
    if (this.fresh.unknown.has(presented.digest, at))
      return decide(presented.digest, null, requirement, ANY_TIME);
    const imported = isImportedKeyId(presented.keyId) ? this.fresh.keys.peek(presented.keyId, at) : undefined;
    return (
      (imported && this.decideAtOnce(at, imported, presented.digest, requirement)) ??
      this.ask(presented, requirement, false)
    );
  }

  /**
   * Decides with a cached record. Returns `undefined` if the record lacks the secret, or if the state of the owner or a policy
   * is not cached.
   */
  private decideAtOnce(
    at: number,
    prepared: PreparedKey,
    digest: string,
    requirement: Requirement,
  ): Decision | Promise<Decision> | undefined {
    const needsMore = !isProofOfPossession(requirement) && this.fresh.needsMore(prepared);
    // A wrong secret must not keep an owner or a policy in the cache.
    if (needsMore && findSecret(prepared, digest) === undefined) return undefined;
    const stored = needsMore ? this.fresh.peekState(prepared, at) : storedState(prepared);
    if (stored === undefined) return undefined;
    const decision = decide(digest, stored, requirement, this.timeFor(prepared));
    // A secret that the record lacks may be newer than the record.
    if (decision.code === 'NOT_FOUND' && findSecret(prepared, digest) === undefined) return undefined;
    return this.reportReuse(decision);
  }

  private countRequest(
    at: number,
    decision: Decision,
    token: string,
    requirement: Requirement,
    options: VerifyOptions | undefined,
  ): Verification | Promise<Verification> {
    if (decision.code !== 'VALID') return this.countRefusal(decision, requirement, options?.cost, at);
    const charges = chargesOf(decision);
    if (charges.length > 0 && options?.uncounted !== true && options?.cost !== 0)
      return this.consume(decision, charges, token, requirement, options);
    this.countUse(decision, requirement, at, options?.cost);
    return decision;
  }

  /**
   * Counts a request that was rejected after an {@link inspectNow}. Returns the decision.
   *
   * @internal
   */
  countRefusal<T extends Decision>(
    decision: T,
    requirement: Requirement,
    cost?: number,
    at = performance.now(),
  ): T {
    if (decision.key !== undefined) this.countUse(decision, requirement, at, cost);
    return decision;
  }

  private async consume(
    decision: Valid,
    charges: readonly Charge[],
    token: string,
    requirement: Requirement,
    options: VerifyOptions | undefined,
  ): Promise<Verification> {
    const askedAt = performance.now();
    const cost = options?.cost ?? 1;
    const { rateLimits, refusedBy } = await this.rateLimiter.consume(charges, cost);
    // If the limiter was slow, the decision and its record may be out of date.
    const isLate = performance.now() - askedAt > this.fresh.maxAgeMs / 8;
    const latest = isLate ? await this.inspectNow(token, requirement, options) : decision;
    if (latest.code !== 'VALID') return this.countRefusal(latest, requirement, cost);
    const { key, secret, policies } = latest;
    if (refusedBy !== undefined) {
      this.countUse({ code: 'RATE_LIMITED', key }, requirement, performance.now(), cost);
      const retryAfter = cost > refusedBy.limit ? undefined : refusedBy.resetSeconds;
      return { code: 'RATE_LIMITED', key, secret, rateLimits, refusedBy, retryAfter };
    }
    this.countUse({ code: 'VALID', key }, requirement, performance.now(), cost);
    return { code: 'VALID', key, secret, policies, rateLimits };
  }

  private countUse(
    { code, key }: Pick<Exclude<Verification, Unknown>, 'code' | 'key'>,
    requirement: Requirement,
    at: number,
    cost = 1,
  ): void {
    this.usage.count(key, code, cost, this.time.millis(at), requirement);
  }

  /**
   * Reads the key, its owner and its policies from the store, and decides. Starts again if the oldest of them is out of date
   * when all are read.
   */
  private async ask(
    { keyId, digest }: ParsedToken,
    requirement: Requirement,
    noCache: boolean,
  ): Promise<Decision> {
    const arrivedAt = performance.now();
    const begunFrom = noCache ? arrivedAt : -Infinity;
    const deadline = arrivedAt + ANSWER_WITHIN_MS;
    const known = noCache ? undefined : this.fresh.keys.recall(keyId);
    let isWrong = known !== undefined && findSecret(known, digest) === undefined;
    for (;;) {
      let reading =
        isWrong && known !== undefined && !this.fresh.keys.isReading(keyId)
          ? await this.readAgain(known, arrivedAt, deadline)
          : await this.fresh.keys.read(keyId, begunFrom, deadline);
      isWrong = false;
      if (!holds(reading, digest) && Math.max(reading.begunAt, reading.trueAt) < arrivedAt) {
        // That read began before the request and is not proven since, so the token may be newer.
        reading =
          reading.value === null
            ? await this.fresh.keys.read(keyId, arrivedAt, deadline)
            : await this.readAgain(reading.value, arrivedAt, deadline);
      }
      if (!holds(reading, digest)) {
        this.fresh.unknown.add(digest, reading.begunAt);
        const stored = reading.value && storedState(reading.value);
        return decide(digest, stored, requirement, ANY_TIME);
      }
      const prepared = reading.value;
      // Owners and policies are read only for correct secrets, so that response time reveals nothing about the key to others.
      const { value: stored, trueAt } = isProofOfPossession(requirement)
        ? { value: storedState(prepared), trueAt: Infinity }
        : await this.fresh.readState(prepared, begunFrom, deadline);
      if (performance.now() - Math.min(reading.trueAt, trueAt) < this.fresh.maxAgeMs) {
        return this.reportReuse(decide(digest, stored, requirement, this.clock.now()));
      }
    }
  }

  /**
   * Reads a cached key again, because the store may have a secret that the cached record lacks; see decision record
   * 0051.
   */
  private async readAgain(
    known: PreparedKey,
    arrivedAt: number,
    deadline: number,
  ): Promise<Reading<PreparedKey>> {
    const { keys, rereadTurns } = this.fresh;
    const read = async (): Promise<Reading<PreparedKey>> => keys.read(known.id, performance.now(), deadline);
    return keys.provenSince(known.id, arrivedAt) ?? rereadTurns.readAgain(known, arrivedAt, read);
  }

  /** Returns the time only if a decision needs it. Reading the clock costs 5 % of a decision, and most keys never expire. */
  private timeFor({ isTimed }: PreparedKey): Date {
    return isTimed ? this.clock.now() : ANY_TIME;
  }

  private reportReuse(decision: Decision): Decision | Promise<Decision> {
    // A secret in its grace period is `ROTATED` on a route that requires the current one. This is not reuse.
    if (decision.code !== 'ROTATED' || !isRetired(decision.secret, this.clock.now())) return decision;
    const reporting = this.reuse.report(decision.key, decision.secret);
    return reporting === undefined ? decision : reporting.then(() => decision);
  }
}

/** Returns whose rate limits a request with a valid key counts against. */
function chargesOf({ key, policies }: Valid): readonly Charge[] {
  const own: readonly Charge[] =
    key.rateLimits.length === 0 ? NO_CHARGES : [{ kind: 'key', id: key.id, limits: key.rateLimits }];
  return policies === undefined ? own : [...own, ...sharedLimitsOf(key, policies)];
}

/** Returns whether a reading found a key with this secret. */
function holds(
  reading: Reading<PreparedKey>,
  digest: string,
): reading is Reading<PreparedKey> & { readonly value: PreparedKey } {
  return reading.value !== null && findSecret(reading.value, digest) !== undefined;
}

/** Returns whether a requirement needs only the key, so that it can be met while owners and policies cannot be read. */
function isProofOfPossession({ possession }: Requirement): boolean {
  return possession === true;
}

/**
 * Validates the arguments. Otherwise a misspelt tenant or scope would accept a key of any tenant, or with any scopes.
 */
function requireQuestion(token: unknown, requirement: Requirement, options: VerifyOptions = {}): void {
  if (typeof token !== 'string') throw new UnacceptableFieldError('/token', 'must be text');
  requireMembers(requirement, REQUIREMENT, ['scopes', 'tenant']);
  requireMembers(requirement.scopes, SCOPES, ['allOf', 'anyOf'], '/scopes');
  if (requirement.tenant !== undefined) requireMembers(requirement.tenant, TENANT, [], '/tenant');
  requireMembers(options, OPTIONS);
}

function areRequirable(value: unknown): boolean {
  return (
    Array.isArray(value) && value.every((scope) => typeof scope === 'string' && isRequirableScope(scope))
  );
}
