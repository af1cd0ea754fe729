import { KeywardError } from '../../problems/keyward.error';
import type { Durability } from '../../config/storage.config';
import type { KeyUsage, UsageSpan, UsageTally } from '../domain/usage';

/** The injection token of the {@link UsageRepository} in use; `null` if usage is not recorded. */
export const USAGE_REPOSITORY = Symbol('keyward:usage-repository');

/**
 * Stores the number of uses of each key by hour, and the time of its last use, separately from the keys. Every
 * implementation passes the same contract suite. All methods reject with `StorageUnavailableError` if the store does
 * not answer within its timeout.
 */
export interface UsageRepository {
  /** A store that is not `durable` is allowed only in development and test, as for keys. */
  readonly durability: Durability;

  /** Prepares the store, including its indexes. Called once at start. */
  prepare(): Promise<void>;

  /**
   * Adds counts to the stored ones, and moves each `lastUsedAt` forward, never back. Uses one write for all counts.
   *
   * @throws UsageNotWrittenError if no count was written, so that the caller may add them again
   * @throws StorageUnavailableError if some counts may have been written
   */
  add(tallies: readonly UsageTally[]): Promise<void>;

  /** Checks with a cheap read whether the store answers. */
  probe(): Promise<void>;

  /** Returns the usage of a key in a span of at most {@link MAX_USAGE_DAYS} days. */
  usageOf(keyId: string, span: UsageSpan): Promise<KeyUsage>;

  /** Returns the time of the last use by key id, with one read for all keys. Omits keys without a known use. */
  lastUsed(keyIds: readonly string[]): Promise<ReadonlyMap<string, Date>>;

  /** Removes the counts of days that ended at or before `before`. Keeps the time of the last use of each key. */
  prune(before: Date): Promise<void>;
}

/** The maximum span of {@link UsageRepository.usageOf} in days. */
export const MAX_USAGE_DAYS = 31;

/** Where usage is kept: in MongoDB, in memory (development and test only), in a store of the host's own, or nowhere. */
export type UsageStorage = 'mongo' | 'memory' | 'off' | UsageRepository;

/** None of the usage counts was written, so they may be added again. */
export class UsageNotWrittenError extends KeywardError {
  constructor(cause: unknown) {
    super('usage_not_written', 'no usage count was written', {}, { cause });
  }
}
