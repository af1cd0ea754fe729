import { KeywardError } from '../../problems/keyward.error';
import type { ChangeFeed, ReadOptions } from '../../change-feed/change-feed';
import type { Durability } from '../../config/storage.config';
import type { User, UserProfile, UserStatus } from '../domain/user';

/** The injection token of the {@link UserRepository} in use. */
export const USER_REPOSITORY = Symbol('keyward:user-repository');

/** Selects a page of users, newest first. */
export interface UserQuery {
  readonly email?: string | undefined;
  readonly username?: string | undefined;
  /** Only users whose id sorts before this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/**
 * Stores users. Every implementation passes the same contract suite. All methods reject with `StorageUnavailableError` if
 * the store does not answer in time.
 */
export interface UserRepository {
  readonly durability: Durability;

  /** The change feed: announces changes of users by all instances. */
  readonly changes?: ChangeFeed | undefined;

  /** Prepares the store, including its indexes. */
  prepare(): Promise<void>;

  /** @throws SubjectTakenError if a user with this issuer and subject exists */
  insert(user: User): Promise<void>;

  find(id: string, options?: ReadOptions): Promise<User | null>;

  findBySubject(issuer: string, subject: string, options?: ReadOptions): Promise<User | null>;

  /** Stores the current profile. `lastLoginAt` never moves back. Does not change a deleted user. */
  refresh(user: Pick<User, 'id' | 'issuer' | 'subject'>, profile: UserProfile, now: Date): Promise<void>;

  /**
   * Changes status or username at the given version.
   *
   * @param change `username: null` removes the username
   * @returns the changed user, or `null` if the user has another version
   * @throws UsernameTakenError
   */
  change(
    id: string,
    version: number,
    change: { readonly status?: UserStatus; readonly username?: string | null },
  ): Promise<User | null>;

  /**
   * Deletes a user in one write: sets the status, and removes the personal fields and the subject, which can then sign
   * in as a new user. Does not revoke the keys: {@link pendingRemovals} returns the user until they are revoked.
   * Deleting a deleted user announces the change again.
   *
   * @param ifVersion deletes only a user with one of these versions
   * @returns whether the user is deleted now
   */
  remove(id: string, ifVersion?: readonly number[]): Promise<boolean>;

  /** Returns the ids of deleted users whose keys are not revoked yet. */
  pendingRemovals(limit: number): Promise<readonly string[]>;

  finishRemoval(id: string): Promise<void>;

  /** Returns users that are not deleted, newest first. */
  list(query: UserQuery): Promise<readonly User[]>;
}

/** A user with this issuer and subject already exists, because two first sign-ins happened at once. */
export class SubjectTakenError extends Error {
  constructor() {
    super('a user with this issuer and subject exists');
    this.name = 'SubjectTakenError';
  }
}

/** Another user has this username. */
export class UsernameTakenError extends KeywardError {
  constructor() {
    super('username_taken', 'Choose another username.');
  }
}
