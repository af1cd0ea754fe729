import type { PolicyEvent } from '../../api-keys/domain/key-event';
import type { PolicyId } from '../../api-keys/domain/policy-state';
import type { Outbox } from '../../api-keys/ports/outbox';
import type { ChangeFeed, ReadOptions } from '../../change-feed/change-feed';
import type { Durability } from '../../config/storage.config';
import type { Policy, PolicyWithHistory } from '../domain/policy';

/** The injection token of the {@link PolicyRepository} in use. */
export const POLICY_REPOSITORY = Symbol('keyward:policy-repository');

/**
 * Keeps policies. Every implementation passes the same contract suite. All methods reject with `StorageUnavailableError` if
 * the store does not answer within its timeout.
 */
export interface PolicyRepository {
  readonly durability: Durability;

  /** The change feed: announces changes of policies by all instances. */
  readonly changes?: ChangeFeed | undefined;

  /** The events of changes. Each `save` adds the event of its change in the same write. */
  readonly outbox: Outbox<PolicyEvent>;

  /** Prepares the store, including its indexes. */
  prepare(): Promise<void>;

  /** Returns the record with this id, or its tombstone, without its history. */
  find(id: PolicyId, options?: ReadOptions): Promise<Policy | null>;

  /** Returns the record with this id, or its tombstone, with its history. */
  findWithHistory(id: PolicyId): Promise<PolicyWithHistory | null>;

  /**
   * Stores a policy with its newest history entry, in one atomic write. Version 1 requires that the id is new, and any other
   * version requires the stored version `policy.version - 1`.
   *
   * @returns whether the change is stored; `false` if another change came first. A repeated write is recognised by its
   *   change id and returns `true`.
   */
  save(policy: PolicyWithHistory): Promise<boolean>;
}
