import { type BeforeApplicationShutdown, Inject, Injectable, Optional } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { type StoredState, storedState } from '../domain/decision';
import {
  DEFAULT_POLICY_ID,
  noPolicy,
  type PolicyId,
  type PolicyIds,
  type PolicyState,
  scopesAllowedBy,
} from '../domain/policy-state';
import { type PreparedKey, prepareKey, withScopes } from '../domain/prepared-key';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../storage/api-key.repository';
import { type ChangeFeed, DEFAULT_REVOCATION_BOUND_MS } from '../../change-feed/change-feed';
import {
  type NarrowedScopes,
  weightOfKey,
  weightOfNarrowed,
  weightOfOwner,
  weightOfPolicy,
} from './cache-weight';
import { FreshCache, type Reading } from './fresh-cache';
import { forgetFreshness, watchFreshness } from './freshness-metrics';
import { OWNER_STATUS, type OwnerStatus } from '../ports/owner-status';
import { POLICIES, type Policies } from '../ports/policies';
import type { ProvenReading } from './proven-reads';
import { UnknownTokens } from './unknown-tokens';
import { RereadTurns } from './reread-turns';
import { SieveCache } from './sieve-cache';

const DEFAULT_MAX_KEYS = 50_000;
const DEFAULT_MAX_MB = 128;
const BYTES_PER_MB = 1024 * 1024;

/** The share of the cache memory that owner states may use. */
const OWNERS_PART = 1 / 8;

/** The share of the cache memory that policies may use. */
const POLICIES_PART = 1 / 16;

/** The share of the cache memory that the scopes of keys narrowed by policies may use. */
const NARROWED_PART = 1 / 32;

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
interface OwnerState {
  readonly id: string;
  readonly isActive: boolean;
}

const NO_OWNER: OwnerState = { id: '', isActive: true };
const NO_POLICY = noPolicy(DEFAULT_POLICY_ID);
const NO_POLICIES: readonly PolicyState[] = Object.freeze([]);

/**
 * Provides fresh keys, owner states and policies: from the cache if a change feed proves that they are fresh, otherwise from
 * the store.
 */
@Injectable()
export class FreshKeys implements BeforeApplicationShutdown {
  readonly keys: FreshCache<PreparedKey>;
  readonly owners: FreshCache<OwnerState> | undefined;
  readonly policies: FreshCache<PolicyState> | undefined;
  readonly unknown: UnknownTokens;
  readonly rereadTurns: RereadTurns<PreparedKey, Reading<PreparedKey>>;
  /** The maximum age of the data that a decision uses, in milliseconds. */
  readonly maxAgeMs: number;
  /** The change feeds of the keys, the owners and the policies. */
  readonly feeds: Readonly<Record<'keys' | 'owners' | 'policies', ChangeFeed | undefined>>;
  private readonly narrowed: SieveCache<NarrowedScopes>;

  constructor(
    @Inject(API_KEY_REPOSITORY) repository: ApiKeyRepository,
    @Inject(API_KEYS_OPTIONS) { freshness = {} }: ApiKeysOptions,
    @Optional() @Inject(OWNER_STATUS) owners?: OwnerStatus,
    @Optional() @Inject(POLICIES) policies?: Policies,
  ) {
    const { revocationBoundMs, cacheMax: max = DEFAULT_MAX_KEYS, cacheMaxMb } = freshness;
    const maxAgeMs = (revocationBoundMs ?? DEFAULT_REVOCATION_BOUND_MS) * USABLE_PART_OF_BOUND;
    const maxWeight = (cacheMaxMb ?? DEFAULT_MAX_MB) * BYTES_PER_MB;
    const ownersWeight = owners === undefined ? 0 : maxWeight * OWNERS_PART;
    const policiesWeight = policies === undefined ? 0 : maxWeight * POLICIES_PART;
    const narrowedWeight = policies === undefined ? 0 : maxWeight * NARROWED_PART;
    this.maxAgeMs = maxAgeMs;
    this.feeds = { keys: repository.changes, owners: owners?.changes, policies: policies?.changes };
    this.unknown = new UnknownTokens(maxAgeMs);
    this.rereadTurns = new RereadTurns(
      Math.min(maxAgeMs * WRONG_SECRET_INTERVAL, MAX_WRONG_SECRET_INTERVAL_MS),
    );
    this.keys = new FreshCache({
      max,
      weightBound: {
        maxWeight: maxWeight - ownersWeight - policiesWeight - narrowedWeight,
        weigh: weightOfKey,
      },
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
    this.policies =
      policies &&
      new FreshCache({
        // A key may have two policies.
        max: 2 * max,
        weightBound: { maxWeight: policiesWeight, weigh: weightOfPolicy },
        maxAgeMs,
        feed: policies.changes,
        load: async (id, how) => frozen(await policies.find(id as PolicyId, how), id as PolicyId),
      });
    this.narrowed = new SieveCache(max, { maxWeight: narrowedWeight, weigh: weightOfNarrowed });
    watchFreshness(this);
  }

  /** Whether a followed feed currently does not prove freshness. */
  get isStale(): boolean {
    return this.keys.isStale || this.owners?.isStale === true || this.policies?.isStale === true;
  }

  /** Returns whether a decision about a key may need more records than the key. */
  needsMore({ key, orgPolicy, ownerPolicy }: PreparedKey): boolean {
    return (
      (this.owners !== undefined && key.ownerId !== undefined) ||
      (this.policies !== undefined && (orgPolicy ?? ownerPolicy) !== undefined)
    );
  }

  /** Returns what is cached for a key, with its owner and its policies, if all of it is proven fresh. */
  peekState(prepared: PreparedKey, at: number): StoredState | undefined {
    const { ownerId } = prepared.key;
    const owner =
      ownerId === undefined || this.owners === undefined ? NO_OWNER : this.owners.peek(ownerId, at);
    if (owner === undefined) return undefined;
    const policies = this.policies === undefined ? NO_POLICIES : this.peekPolicies(prepared, at);
    return policies && storedState(prepared, owner.isActive, policies, this.narrow);
  }

  /**
   * Returns the time for which the cached records of a key, of its owner and of its policies are proven current.
   *
   * @param at the current `performance.now()`
   */
  provenAt({ key, orgPolicy, ownerPolicy }: PreparedKey, at: number): number {
    const { keys, owners, policies } = this.feeds;
    const hasOwner = this.owners !== undefined && key.ownerId !== undefined;
    const hasPolicy = this.policies !== undefined && (orgPolicy ?? ownerPolicy) !== undefined;
    return Math.min(
      at,
      keys?.provenAt ?? -Infinity,
      hasOwner ? (owners?.provenAt ?? -Infinity) : Infinity,
      hasPolicy ? (policies?.provenAt ?? -Infinity) : Infinity,
    );
  }

  /**
   * Reads the owner and the policies of a key. All concurrently, so that the answer takes no longer than with one of them.
   *
   * @param begunFrom uses no result of a read that began before this time; `-Infinity` also uses cached policies
   * @throws StorageUnavailableError if the store does not respond in time
   */
  async readState(
    prepared: PreparedKey,
    begunFrom: number,
    deadline: number,
  ): Promise<ProvenReading<StoredState>> {
    const [owner, policies] = await Promise.all([
      this.readOwner(prepared.key.ownerId, begunFrom, deadline),
      this.readPolicies(prepared, begunFrom, deadline),
    ]);
    const value = storedState(prepared, owner.value?.isActive ?? false, policies.value, this.narrow);
    return { value, trueAt: Math.min(owner.trueAt, policies.trueAt) };
  }

  /**
   * Reads the existing policies that apply to an organisation and an owner. Policies of many keys are cached, so this reads the
   * store only for those that are not proven fresh.
   *
   * @param begunFrom uses no result of a read that began before this time; `-Infinity` also uses cached policies
   * @throws StorageUnavailableError if the store does not respond in time
   */
  async readPolicies(
    { orgPolicy, ownerPolicy }: PolicyIds,
    begunFrom: number,
    deadline: number,
  ): Promise<ProvenReading<readonly PolicyState[]>> {
    const readings = await Promise.all([
      this.readOrgPolicy(orgPolicy, begunFrom, deadline),
      this.readPolicy(ownerPolicy, begunFrom, deadline),
    ]);
    const existing = readings.flatMap(({ value }) => (value?.exists === true ? [value] : []));
    return { value: existing, trueAt: Math.min(...readings.map(({ trueAt }) => trueAt)) };
  }

  async beforeApplicationShutdown(): Promise<void> {
    forgetFreshness(this);
    await Promise.all(Object.values(this.feeds).map(async (feed) => feed?.stop()));
  }

  private peekPolicies(
    { orgPolicy, ownerPolicy }: PolicyIds,
    at: number,
  ): readonly PolicyState[] | undefined {
    const own = this.peekPolicy(orgPolicy, at);
    const ofOrg =
      own?.exists === false && orgPolicy !== undefined ? this.peekPolicy(DEFAULT_POLICY_ID, at) : own;
    const ofOwner = this.peekPolicy(ownerPolicy, at);
    if (ofOrg === undefined || ofOwner === undefined) return undefined;
    if (!ofOrg.exists && !ofOwner.exists) return NO_POLICIES;
    return [ofOrg, ofOwner].filter(({ exists }) => exists);
  }

  private peekPolicy(id: PolicyId | undefined, at: number): PolicyState | undefined {
    return id === undefined ? NO_POLICY : this.policies?.peek(id, at);
  }

  private async readOwner(
    ownerId: string | undefined,
    begunFrom: number,
    deadline: number,
  ): Promise<ProvenReading<OwnerState | null>> {
    if (ownerId === undefined || this.owners === undefined) return { value: NO_OWNER, trueAt: Infinity };
    return this.owners.read(ownerId, begunFrom, deadline);
  }

  private async readOrgPolicy(
    id: PolicyId | undefined,
    begunFrom: number,
    deadline: number,
  ): Promise<ProvenReading<PolicyState | null>> {
    const own = await this.readPolicy(id, begunFrom, deadline);
    if (id === undefined || this.policies === undefined || own.value?.exists === true) return own;
    const { value, trueAt } = await this.readPolicy(DEFAULT_POLICY_ID, begunFrom, deadline);
    return { value, trueAt: Math.min(trueAt, own.trueAt) };
  }

  private async readPolicy(
    id: PolicyId | undefined,
    begunFrom: number,
    deadline: number,
  ): Promise<ProvenReading<PolicyState | null>> {
    if (id === undefined || this.policies === undefined) return { value: NO_POLICY, trueAt: Infinity };
    const at = performance.now();
    const cached = begunFrom === -Infinity ? this.policies.peek(id, at) : undefined;
    if (cached === undefined) return this.policies.read(id, begunFrom, deadline);
    return { value: cached, trueAt: Math.min(at, this.feeds.policies?.provenAt ?? -Infinity) };
  }

  /** Narrows a key. Computes its scopes once for each change of its record or its policies. */
  private readonly narrow = (prepared: PreparedKey, policies: readonly PolicyState[]): PreparedKey => {
    const { scopes } = prepared.key;
    const kept = this.narrowed.get(prepared.id);
    if (kept?.scopes === scopes && isSameList(kept.policies, policies))
      return withScopes(prepared, kept.allowed);
    const allowed = scopesAllowedBy(policies, scopes);
    this.narrowed.set(prepared.id, { scopes, policies, allowed });
    return withScopes(prepared, allowed);
  };
}

/** Freezes a policy, so that one request cannot change the decision about the next. */
function frozen(found: PolicyState, id: PolicyId): PolicyState {
  // Under the id that was asked for, because changes are announced with it.
  const state = found.exists ? { ...found, id } : noPolicy(id);
  for (const part of [...state.rateLimits, state.rateLimits, state.allowedScopes, state]) Object.freeze(part);
  return state;
}

function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}
