import { type BeforeApplicationShutdown, Inject, Injectable, Optional } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { type PreparedKey, prepareKey } from '../domain/prepared-key';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../storage/api-key.repository';
import { type ChangeFeed, DEFAULT_REVOCATION_BOUND_MS } from '../../change-feed/change-feed';
import { weightOfKey, weightOfOwner } from './cache-weight';
import { FreshCache, type Reading } from './fresh-cache';
import { forgetFreshness, watchFreshness } from './freshness-metrics';
import { OWNER_STATUS, type OwnerStatus } from '../ports/owner-status';
import { UnknownTokens } from './unknown-tokens';
import { RereadTurns } from './reread-turns';

const DEFAULT_MAX_KEYS = 50_000;
const DEFAULT_MAX_MB = 128;
const BYTES_PER_MB = 1024 * 1024;

/** The share of the cache memory that owner states may use. */
const OWNERS_PART = 1 / 8;

/**
 * The minimum interval between two reads that wrong secrets cause for one cached key, as a share of the maximum age.
 */
const WRONG_SECRET_INTERVAL = 1 / 4;

/**
 * The upper limit of that interval. Even with a large bound, a token from a rotation on another instance works after
 * this time.
 */
const MAX_WRONG_SECRET_INTERVAL_MS = 200;

/** The maximum age of data as a share of the revocation bound. The rest of the bound is for the response. */
export const USABLE_PART_OF_BOUND = 0.8;

/** Whether an owner is active. An object, so that it can be cached. */
export interface OwnerState {
  readonly id: string;
  readonly isActive: boolean;
}

const NO_OWNER: OwnerState = { id: '', isActive: true };

/**
 * Provides fresh keys and owner states: from the cache if a change feed proves that they are fresh, otherwise from the
 * store.
 */
@Injectable()
export class FreshKeys implements BeforeApplicationShutdown {
  readonly keys: FreshCache<PreparedKey>;
  readonly owners: FreshCache<OwnerState> | undefined;
  readonly unknown: UnknownTokens;
  readonly rereadTurns: RereadTurns<PreparedKey, Reading<PreparedKey>>;
  /** The maximum age of the data that a decision uses, in milliseconds. */
  readonly maxAgeMs: number;
  /** The change feeds of the keys and of the owners. */
  readonly feeds: Readonly<Record<'keys' | 'owners', ChangeFeed | undefined>>;

  constructor(
    @Inject(API_KEY_REPOSITORY) repository: ApiKeyRepository,
    @Inject(API_KEYS_OPTIONS) { freshness = {} }: ApiKeysOptions,
    @Optional() @Inject(OWNER_STATUS) owners?: OwnerStatus,
  ) {
    const { revocationBoundMs, cacheMax: max = DEFAULT_MAX_KEYS, cacheMaxMb } = freshness;
    const maxAgeMs = (revocationBoundMs ?? DEFAULT_REVOCATION_BOUND_MS) * USABLE_PART_OF_BOUND;
    const maxWeight = (cacheMaxMb ?? DEFAULT_MAX_MB) * BYTES_PER_MB;
    const ownersWeight = owners === undefined ? 0 : maxWeight * OWNERS_PART;
    this.maxAgeMs = maxAgeMs;
    this.feeds = { keys: repository.changes, owners: owners?.changes };
    this.unknown = new UnknownTokens(maxAgeMs);
    this.rereadTurns = new RereadTurns(
      Math.min(maxAgeMs * WRONG_SECRET_INTERVAL, MAX_WRONG_SECRET_INTERVAL_MS),
    );
    this.keys = new FreshCache({
      max,
      weightBound: { maxWeight: maxWeight - ownersWeight, weigh: weightOfKey },
      maxAgeMs,
      feed: repository.changes,
      load: async (id, how) => {
        const key = await repository.find(id, how);
        return key && prepareKey(key);
      },
      onChange: () => this.unknown.clear(performance.now()),
    });
    this.owners =
      owners &&
      new FreshCache({
        max,
        weightBound: { maxWeight: ownersWeight, weigh: weightOfOwner },
        maxAgeMs,
        feed: owners.changes,
        load: async (id, how) => ({ id, isActive: await owners.isActive(id, how) }),
      });
    watchFreshness(this);
  }

  /** Whether a followed feed currently does not prove freshness. */
  get isStale(): boolean {
    return this.keys.isStale || this.owners?.isStale === true;
  }

  /** Returns the cached state of an owner if it is proven fresh. */
  peekOwner(ownerId: string | undefined, at: number): OwnerState | undefined {
    if (ownerId === undefined || this.owners === undefined) return NO_OWNER;
    return this.owners.peek(ownerId, at);
  }

  /**
   * Returns the time for which the cached record of a key, and of its owner, is proven current.
   *
   * @param at the current `performance.now()`
   */
  provenAt(ownerId: string | undefined, at: number): number {
    const hasOwner = ownerId !== undefined && this.owners !== undefined;
    const ownerProvenAt = hasOwner ? (this.feeds.owners?.provenAt ?? -Infinity) : Infinity;
    return Math.min(at, this.feeds.keys?.provenAt ?? -Infinity, ownerProvenAt);
  }

  /** @throws StorageUnavailableError if the store does not respond in time */
  async readOwner(
    ownerId: string | undefined,
    begunFrom: number,
    deadline: number,
  ): Promise<Reading<OwnerState>> {
    if (ownerId === undefined || this.owners === undefined)
      return { value: NO_OWNER, trueAt: Infinity, begunAt: Infinity };
    return this.owners.read(ownerId, begunFrom, deadline);
  }

  async beforeApplicationShutdown(): Promise<void> {
    forgetFreshness(this);
    await Promise.all(Object.values(this.feeds).map(async (feed) => feed?.stop()));
  }
}
