import { KeywardError } from '../../problems/keyward.error';
import type { Durability } from '../../config/storage.config';
import type { ApiKey, ApiKeyWithHistory } from '../domain/api-key';
import type { ChangeFeed, ReadOptions } from '../../change-feed/change-feed';
import type { KeyOutbox } from './key-outbox';
import type { KeySlots } from './key-slots';

/** The injection token of the {@link ApiKeyRepository} in use. */
export const API_KEY_REPOSITORY = Symbol('keyward:api-key-repository');

/** Selects a page of the keys that match all given filters, newest first. */
export interface ApiKeyQuery {
  readonly ownerId?: string | undefined;
  readonly orgId?: string | undefined;
  /** Without `orgId`, selects the keys of this project id in every organisation. */
  readonly projectId?: string | undefined;
  readonly externalId?: string | undefined;
  /** Only keys whose id sorts before this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** The fields of a record that the filters of a list use. */
export type KeyOutline = Pick<
  ApiKey,
  'id' | 'ownerId' | 'orgId' | 'projectId' | 'externalId' | 'enabled' | 'expiresAt' | 'revokedAt'
>;

/**
 * Keeps API keys. Every implementation passes the same contract suite. All methods reject with
 * `StorageUnavailableError` if the store does not answer within its timeout. They never fall back to another store.
 */
export interface ApiKeyRepository {
  /**
   * `durable` if an acknowledged write survives the end of this process. Other stores are allowed only in development
   * and test.
   */
  readonly durability: Durability;

  /**
   * The change feed: announces changes by all instances. Without it, nothing is cached, and each verification reads the
   * store.
   */
  readonly changes?: ChangeFeed | undefined;

  /**
   * The events of changes. A repository with an outbox adds the event of each `insert` and `replace` in the same write.
   * Without an outbox, there are no durable events, expiry notices or webhooks.
   */
  readonly outbox?: KeyOutbox;

  /** The slots for live keys. Without them, the number of keys of an owner or organisation cannot be limited. */
  readonly slots?: KeySlots;

  /** Prepares the store, including its indexes. Called once at start, before the first request. */
  prepare(): Promise<void>;

  /**
   * Adds a new key at version 1 with a history of one entry. A repeated insert is recognised by its change id and
   * changes nothing.
   *
   * @throws KeyIdTakenError if another key has the id
   */
  insert(key: ApiKeyWithHistory): Promise<void>;

  /** Returns the record with this id without its history, for a verification. */
  find(id: string, options?: ReadOptions): Promise<ApiKey | null>;

  /** Returns the record with this id and its history, for a change. */
  findWithHistory(id: string): Promise<ApiKeyWithHistory | null>;

  /**
   * Stores a changed record with its newest history entry, in one atomic write that requires the stored version
   * `key.version - 1`.
   *
   * @returns whether the change is stored; `false` if another change came first or the key does not exist. A repeated
   *   write is recognised by its change id and returns `true`.
   */
  replace(key: ApiKeyWithHistory): Promise<boolean>;

  /**
   * Makes the change feed announce a record to every instance again, even though the record is unchanged, because an
   * instance may have missed its last change.
   */
  announceAgain?(id: string): Promise<void>;

  /** Returns one page of records, newest first. */
  list(query: ApiKeyQuery): Promise<readonly ApiKey[]>;

  /** Returns the outlines of the records that `list` returns, so that filters need not read whole records. */
  listOutlines(query: ApiKeyQuery): Promise<readonly KeyOutline[]>;

  /**
   * Returns the records with these ids, newest first. Unknown ids are omitted.
   *
   * @param ids at most 100
   */
  findMany(ids: readonly string[]): Promise<readonly ApiKey[]>;
}

/** Where keys are kept: in MongoDB, in memory (development and test only), or in a store of the host's own. */
export type ApiKeyStorage = 'mongo' | 'memory' | ApiKeyRepository;

/** A record with this id already exists. */
export class KeyIdTakenError extends KeywardError {
  constructor(id: string) {
    super('key_id_taken', `a key with the id ${id} already exists`);
  }
}
