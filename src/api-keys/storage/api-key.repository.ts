import { KeywardError } from '../../problems/keyward.error';
import type { Durability } from '../../config/storage.config';
import type { ApiKey, ApiKeyWithHistory } from '../domain/api-key';
import type { ChangeFeed, ReadOptions } from '../../change-feed/change-feed';
import type { KeyOutbox } from './key-outbox';

/** The injection token of the {@link ApiKeyRepository} in use. */
export const API_KEY_REPOSITORY = Symbol('keyward:api-key-repository');

/** Which keys a page holds: those equal in every part given, newest first. */
export interface ApiKeyQuery {
  readonly ownerId?: string | undefined;
  readonly orgId?: string | undefined;
  /** Asked for together with `orgId` only. */
  readonly projectId?: string | undefined;
  readonly externalId?: string | undefined;
  /** Only keys whose id sorts before this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** What a list is filtered by: a small part of a record. */
export type KeyOutline = Pick<
  ApiKey,
  'id' | 'ownerId' | 'orgId' | 'projectId' | 'externalId' | 'enabled' | 'expiresAt' | 'revokedAt'
>;

/**
 * Keeps API keys. Every implementation passes the same contract suite. All methods but {@link durability}
 * reject with `StorageUnavailableError` where the store cannot answer within its bound; none ever answers from
 * another store instead.
 */
export interface ApiKeyRepository {
  /**
   * `durable` where an acknowledged write survives the end of this process. A store that does not declare
   * itself durable is let in only in development and test.
   */
  readonly durability: Durability;

  /**
   * Announces what anyone changes. Without one, nothing that was read is ever kept: each verification asks the store.
   */
  readonly changes?: ChangeFeed | undefined;

  /**
   * The events of changes. A repository that has it puts the event of each `insert` and `replace` there in the same
   * write; without it there are no durable events, no notices of expiry and no webhooks.
   */
  readonly outbox?: KeyOutbox;

  /** Makes the store ready, indexes included. Called once at start, before anything is served. */
  prepare(): Promise<void>;

  /**
   * Adds a new key at version 1 with its history of one entry. Repeating the very same insert, recognised by
   * its change id, changes nothing.
   *
   * @throws KeyIdTakenError if another key has the id
   */
  insert(key: ApiKeyWithHistory): Promise<void>;

  /** The record with this id, without its history: what verification reads. */
  find(id: string, options?: ReadOptions): Promise<ApiKey | null>;

  /** The record with this id and its history: what a change starts from. */
  findWithHistory(id: string): Promise<ApiKeyWithHistory | null>;

  /**
   * Stores a changed record, its newest history entry included, in one atomic write guarded by the version it
   * was made from (`key.version - 1`).
   *
   * @returns whether the change stands. `false`: someone else's change came first, or there is no such key.
   *   A write that had already been applied recognises itself by its change id and answers `true`.
   */
  replace(key: ApiKeyWithHistory): Promise<boolean>;

  /**
   * Has the change feed announce a record to every instance once more, without a change of it: for an instance that may
   * have missed the change.
   */
  announceAgain?(id: string): Promise<void>;

  /** One page of records, newest first. */
  list(query: ApiKeyQuery): Promise<readonly ApiKey[]>;

  /** The outlines of what `list` returns: of a page that is filtered, whole records are read only of what remains. */
  listOutlines(query: ApiKeyQuery): Promise<readonly KeyOutline[]>;

  /**
   * The records with these ids, newest first. An id that no record has is left out.
   *
   * @param ids at most 100
   */
  findMany(ids: readonly string[]): Promise<readonly ApiKey[]>;
}

/** Where keys are kept: in MongoDB, in memory (development and test only), or in a store of the host's own. */
export type ApiKeyStorage = 'mongo' | 'memory' | ApiKeyRepository;

/** A record with this id exists already. */
export class KeyIdTakenError extends KeywardError {
  constructor(id: string) {
    super('key_id_taken', `a key with the id ${id} exists already`);
  }
}
