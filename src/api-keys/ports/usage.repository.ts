import { KeywardError } from '../../problems/keyward.error';
import type { Durability } from '../../config/storage.config';
import type { KeyUsage, UsageSpan, UsageTally } from '../domain/usage';

/** The injection token of the {@link UsageRepository} in use; `null` where usage is not recorded. */
export const USAGE_REPOSITORY = Symbol('keyward:usage-repository');

/**
 * Keeps how often and when keys were used, by the hour, apart from the keys. Every implementation passes the same
 * contract suite. All methods but {@link durability} reject with `StorageUnavailableError` where the store cannot
 * answer within its bound.
 */
export interface UsageRepository {
  /** As with keys: a store that does not declare itself durable is let in only in development and test. */
  readonly durability: Durability;

  /** Makes the store ready, indexes included. Called once at start. */
  prepare(): Promise<void>;

  /**
   * Adds counts to those that are stored, and moves each `lastUsedAt` forward, never back. One write for all.
   *
   * @throws UsageNotWrittenError if nothing of it was written, for sure: it may be added again
   * @throws StorageUnavailableError if any of it may have been written
   */
  add(tallies: readonly UsageTally[]): Promise<void>;

  /** Asks the store for a sign of life, with a read that costs next to nothing. */
  probe(): Promise<void>;

  /** The uses of a key in a span of at most {@link MAX_USAGE_DAYS} days. */
  usageOf(keyId: string, span: UsageSpan): Promise<KeyUsage>;

  /** When each of these keys was last used; without those of which no use is known. One read for all. */
  lastUsed(keyIds: readonly string[]): Promise<ReadonlyMap<string, Date>>;

  /** Forgets the counts of the days that had ended by then. When a key was last used is kept. */
  prune(before: Date): Promise<void>;
}

/** The longest span that {@link UsageRepository.usageOf} is asked for, in days. */
export const MAX_USAGE_DAYS = 31;

/** Where usage is kept: in MongoDB, in memory (development and test only), in a store of the host's own, or nowhere. */
export type UsageStorage = 'mongo' | 'memory' | 'off' | UsageRepository;

/** Nothing of what was to be added to the usage counts was written: it may be added again. */
export class UsageNotWrittenError extends KeywardError {
  constructor(cause: unknown) {
    super('usage_not_written', 'no usage count was written', {}, { cause });
  }
}
