import { Inject, Injectable } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { CLOCK } from '../ports/clock.token';
import { isRetired } from '../domain/api-key';
import type { Clock } from '../ports/clock';
import {
  type Decision,
  decideGenuine,
  MALFORMED,
  NOT_FOUND,
  type Requirement,
  type Valid,
} from '../domain/decision';
import { isImportedKeyId } from '../domain/key-id';
import { type ParsedToken, parseToken } from '../domain/token/key-token';
import { findSecret, type PreparedKey } from '../domain/prepared-key';
import { digestOf } from '../domain/token/token-digest';
import { supposedKeyIdOf } from '../domain/token/token-form';
import type { RateLimit } from '../domain/rate-limit';
import { RATE_LIMITER, type RateLimiter } from '../ports/rate-limiter';
import { UsageRecorder } from '../usage/usage-recorder';
import { CoarseTime } from './coarse-time';
import type { Reading } from './fresh-cache';
import { FreshKeys } from './fresh-keys';
import { ReuseRecorder } from './reuse-recorder';
import { isAtOnce, type Verification } from './verification';

/** Where the store is slow, a caller hears so within two seconds; this leaves room for the answer. */
const ANSWER_WITHIN_MS = 1800;

const ANY_TIME = new Date(0);

/** How a verification is made. */
export interface VerifyOptions {
  /** Asks the store, whatever is known already; as `Cache-Control: no-cache` does over HTTP. */
  readonly noCache?: boolean | undefined;
  /** Does not count against the key's rate limit, nor is held up by it. It is a use all the same. */
  readonly uncounted?: boolean | undefined;
}

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
  private readonly time: CoarseTime;

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
   * Decides, and where the key is good counts the request against the key's own rate limit. What is `VALID` then is a
   * use of the key. Answers at once where the key is known, provably fresh and has no rate limit; else with a promise.
   *
   * @param token the presented text, of any length and content
   * @throws StorageUnavailableError if the store cannot answer (a rejection)
   * @throws RateLimiterUnavailableError if requests cannot be counted and are refused then (a rejection)
   */
  verify(
    token: string,
    requirement: Requirement,
    options?: VerifyOptions,
  ): Verification | Promise<Verification> {
    const at = performance.now();
    const decision = this.inspectAt(at, token, requirement, options);
    return isAtOnce(decision)
      ? this.count(at, decision, token, requirement, options)
      : decision.then(async (late) => this.count(performance.now(), late, token, requirement, options));
  }

  /**
   * Decides without counting; at once where the key is known and provably fresh, else with a promise.
   *
   * @throws StorageUnavailableError if the store cannot answer (a rejection)
   */
  inspect(token: string, requirement: Requirement, options?: VerifyOptions): Decision | Promise<Decision> {
    return this.inspectAt(performance.now(), token, requirement, options);
  }

  private inspectAt(
    at: number,
    token: string,
    requirement: Requirement,
    options: VerifyOptions | undefined,
  ): Decision | Promise<Decision> {
    if (options?.noCache === true) return this.inspectUnknown(at, token, requirement, true);
    // A genuine secret of a known key has the right form: its form is looked at only where nothing is known of it, see
    // decision record 0026.
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
    if (presented === null) return MALFORMED;
    if (noCache) return this.ask(presented, requirement, true);
    if (this.fresh.unknown.has(presented.digest, at)) return NOT_FOUND;
    const imported = isImportedKeyId(presented.keyId) ? this.fresh.keys.peek(presented.keyId, at) : undefined;
    return (
      (imported && this.decideAtOnce(at, imported, presented.digest, requirement)) ??
      this.ask(presented, requirement, false)
    );
  }

  /** @returns `undefined` where the secret is not known, or the owner's state is not */
  private decideAtOnce(
    at: number,
    prepared: PreparedKey,
    digest: string,
    requirement: Requirement,
  ): Decision | Promise<Decision> | undefined {
    const secret = findSecret(prepared, digest);
    const owner = secret && this.fresh.peekOwner(ownerAskedFor(prepared, requirement), at);
    if (secret === undefined || owner === undefined) return undefined;
    return this.note(decideGenuine(prepared, secret, owner.isActive, requirement, this.timeFor(prepared)));
  }

  private count(
    at: number,
    decision: Decision,
    token: string,
    requirement: Requirement,
    options: VerifyOptions | undefined,
  ): Verification | Promise<Verification> {
    if (decision.code !== 'VALID') return decision;
    const { rateLimit } = decision.key;
    if (rateLimit !== undefined && options?.uncounted !== true)
      return this.consume(decision, rateLimit, token, requirement, options);
    this.noteUse(decision.key.id, at);
    return decision;
  }

  private async consume(
    decision: Valid,
    limit: RateLimit,
    token: string,
    requirement: Requirement,
    options: VerifyOptions | undefined,
  ): Promise<Verification> {
    const askedAt = performance.now();
    const rateLimit = await this.rateLimiter.consume(decision.key.id, limit);
    // Where the limiter took its time, what was decided may be out of date: the answer and the record in it.
    const isLate = performance.now() - askedAt > this.fresh.maxAgeMs / 8;
    const latest = isLate ? await this.inspect(token, requirement, options) : decision;
    if (latest.code !== 'VALID') return latest;
    const { key, secret } = latest;
    if (rateLimit.allowed) this.noteUse(key.id, performance.now());
    return { code: rateLimit.allowed ? 'VALID' : 'RATE_LIMITED', key, secret, rateLimit };
  }

  private noteUse(keyId: string, at: number): void {
    this.usage.note(keyId, this.time.millis(at));
  }

  /** Asks the store, and again where its first answer is out of date by the time that all is known. */
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
      let secret = reading.value === null ? undefined : findSecret(reading.value, digest);
      if (secret === undefined && Math.max(reading.begunAt, reading.trueAt) < arrivedAt) {
        // That read began earlier, and nothing has proven it since: the token may be younger.
        reading =
          reading.value === null
            ? await this.fresh.keys.read(keyId, arrivedAt, deadline)
            : await this.readAgain(reading.value, arrivedAt, deadline);
        secret = reading.value === null ? undefined : findSecret(reading.value, digest);
      }
      if (reading.value === null || secret === undefined) {
        this.fresh.unknown.add(digest, reading.begunAt);
        return NOT_FOUND;
      }
      // The owner is asked about for genuine secrets only, so that its absence tells strangers nothing of the key.
      const ownerId = ownerAskedFor(reading.value, requirement);
      const owner = await this.fresh.readOwner(ownerId, begunFrom, deadline);
      if (performance.now() - reading.trueAt < this.fresh.maxAgeMs) {
        const isActive = owner.value?.isActive ?? false;
        return this.note(decideGenuine(reading.value, secret, isActive, requirement, this.clock.now()));
      }
    }
  }

  /** Finds out whether a key that is known holds a secret by now that it lacks in memory, see decision record 0051. */
  private async readAgain(
    known: PreparedKey,
    arrivedAt: number,
    deadline: number,
  ): Promise<Reading<PreparedKey>> {
    const { keys, wrongSecrets } = this.fresh;
    const read = async (): Promise<Reading<PreparedKey>> => keys.read(known.id, performance.now(), deadline);
    return keys.provenSince(known.id, arrivedAt) ?? wrongSecrets.readAgain(known, arrivedAt, read);
  }

  /** Reading the clock costs a twentieth of a decision, and most keys have no end. */
  private timeFor({ isTimed }: PreparedKey): Date {
    return isTimed ? this.clock.now() : ANY_TIME;
  }

  private note(decision: Decision): Decision | Promise<Decision> {
    // A secret in grace may be `ROTATED` for what asks for the current one. Its use is no reuse.
    if (decision.code !== 'ROTATED' || !isRetired(decision.secret, this.clock.now())) return decision;
    const noting = this.reuse.note(decision.key, decision.secret);
    return noting === undefined ? decision : noting.then(() => decision);
  }
}

/** Returns the owner whose state a decision needs. Possession of the key needs none, also when owners can't be read. */
function ownerAskedFor({ key }: PreparedKey, { possession }: Requirement): string | undefined {
  return possession === true ? undefined : key.ownerId;
}
