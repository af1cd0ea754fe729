import { KeywardError } from '../../problems/keyward.error';
import type { Durability } from '../../config/storage.config';
import type {
  HourlyOutcomes,
  KeyUsage,
  OutcomeCount,
  UsageSpan,
  UsageSubject,
  UsageTally,
} from '../domain/usage';

/** The injection token of the {@link UsageRepository} in use; `null` if usage is not recorded. */
export const USAGE_REPOSITORY = Symbol('keyward:usage-repository');

/**
 * Stores the requests of each key by hour and outcome, and the time of its last use, separately from the keys. Also stores
 * their sums by organisation and owner. Every implementation passes the same contract suite. All methods reject with `StorageUnavailableError` if the store does
 * not answer within its timeout.
 */
export interface UsageRepository {
  /** A store that is not `durable` is allowed only in development and test, as for keys. */
  readonly durability: Durability;

  /** Prepares the store, including its indexes. Called once at start. */
  prepare(): Promise<void>;

  /**
   * Adds counts to the stored ones, and moves each `lastUsedAt` forward, never back. Uses one write for all counts of keys,
   * organisations and owners.
   *
   * @throws UsageNotWrittenError if no count was written, so that the caller may add them again
   * @throws StorageUnavailableError if some counts may have been written
   */
  add(tallies: readonly UsageTally[]): Promise<void>;

  /** Checks with a cheap read whether the store answers. */
  probe(): Promise<void>;

  /** Returns the usage of a key in a span of at most {@link MAX_USAGE_DAYS} days. */
  usageOf(keyId: string, span: UsageSpan): Promise<KeyUsage>;

  /**
   * Returns the requests in a span by hour, oldest first: one list for each subject, in their order. Hours without requests
   * are omitted. Reads at most one document for each subject and day.
   *
   * @param subjects at most 100 with a span of {@link MAX_USAGE_DAYS} days, or one with a span of
   *   {@link MAX_USAGE_SUM_DAYS} days
   */
  hoursOf(
    subjects: readonly UsageSubject[],
    span: UsageSpan,
  ): Promise<readonly (readonly HourlyOutcomes[])[]>;

  /** Returns the next sums by organisation or owner in a fixed order. Examines a bounded number of documents. */
  groups(query: UsageGroupQuery): Promise<UsageGroups>;

  /** Returns the time of the last use by key id, with one read for all keys. Omits keys without a known use. */
  lastUsed(keyIds: readonly string[]): Promise<ReadonlyMap<string, Date>>;

  /** Removes the counts of days that ended at or before `before`. Keeps the time of the last use of each key. */
  prune(before: Date): Promise<void>;
}

/** The maximum span of {@link UsageRepository.usageOf} in days. */
export const MAX_USAGE_DAYS = 31;

/** The maximum span of {@link UsageRepository.hoursOf} for one subject, and of {@link UsageRepository.groups}, in days. */
export const MAX_USAGE_SUM_DAYS = 366;

/** Selects sums of usage by organisation or by owner. */
export interface UsageGroupQuery {
  readonly by: 'org' | 'owner';
  /** Only keys of this organisation. Never together with `by: 'org'`. */
  readonly orgId?: string | undefined;
  /** Only keys of this owner. Never together with `by: 'owner'`. */
  readonly ownerId?: string | undefined;
  readonly span: UsageSpan;
  /** Only groups after this position: the {@link UsageGroups.next} of an earlier answer. */
  readonly after?: string | undefined;
  /** The maximum number of groups. */
  readonly limit: number;
}

/** Some sums of usage. */
export interface UsageGroups {
  readonly groups: readonly UsageGroup[];
  /** The position after these groups, in visible ASCII characters; `undefined` if there are no more. */
  readonly next?: string | undefined;
}

/** The requests of one organisation or owner in a span. */
export interface UsageGroup {
  /** The organisation or the owner; `null` for the keys without one. */
  readonly name: string | null;
  /** At least one. */
  readonly outcomes: readonly OutcomeCount[];
}

/** Where usage is kept: in MongoDB, in memory (development and test only), in a store of the host's own, or nowhere. */
export type UsageStorage = 'mongo' | 'memory' | 'off' | UsageRepository;

/** None of the usage counts was written, so they may be added again. */
export class UsageNotWrittenError extends KeywardError {
  constructor(cause: unknown) {
    super('usage_not_written', 'no usage count was written', {}, { cause });
  }
}
