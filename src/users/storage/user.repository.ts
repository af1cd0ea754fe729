import { KeywardError } from '../../problems/keyward.error';
import type { ChangeFeed, ReadOptions } from '../../change-feed/change-feed';
import type { Durability } from '../../config/storage.config';
import type { KeySlot, User, UserProfile, UserStatus } from '../domain/user';

/** The injection token of the {@link UserRepository} in use. */
export const USER_REPOSITORY = Symbol('keyward:user-repository');

/** Which users a page holds, newest first. */
export interface UserQuery {
  readonly email?: string | undefined;
  readonly username?: string | undefined;
  /** Only users whose id sorts before this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/**
 * Keeps users. Every implementation passes the same contract suite. All methods reject with
 * `StorageUnavailableError` where the store cannot answer within its bound.
 */
export interface UserRepository {
  readonly durability: Durability;

  /** Announces which users anyone changes. */
  readonly changes?: ChangeFeed | undefined;

  /** Makes the store ready, indexes included. */
  prepare(): Promise<void>;

  /** @throws SubjectTakenError if the issuer's subject is there already */
  insert(user: User): Promise<void>;

  find(id: string, options?: ReadOptions): Promise<User | null>;

  findBySubject(issuer: string, subject: string, options?: ReadOptions): Promise<User | null>;

  /** Keeps what the identity provider says now; `lastLoginAt` never moves back. Does nothing to a deleted user. */
  refresh(user: Pick<User, 'id' | 'issuer' | 'subject'>, profile: UserProfile, now: Date): Promise<void>;

  /**
   * Changes status or username at the given version.
   *
   * @param change `username: null` takes it away
   * @returns the changed user, or `null` where the version is no longer that one
   * @throws UsernameTakenError
   */
  change(
    id: string,
    version: number,
    change: { readonly status?: UserStatus; readonly username?: string | null },
  ): Promise<User | null>;

  /**
   * Deletes a user in one write: the status, the personal fields, and the subject, which is free again. The keys
   * are left to {@link pendingRemovals}. Deleting a deleted user announces it again.
   *
   * @param ifVersion leaves alone who is at no such version, and is not deleted yet
   * @returns whether the user is deleted now
   */
  remove(id: string, ifVersion?: readonly number[]): Promise<boolean>;

  /** Ids of deleted users whose keys are still to be revoked. */
  pendingRemovals(limit: number): Promise<readonly string[]>;

  finishRemoval(id: string): Promise<void>;

  /** Users that are not deleted, newest first. */
  list(query: UserQuery): Promise<readonly User[]>;

  /**
   * Takes a place for a key, if fewer than `max` are taken and the user is active. Taking the place of a key again
   * renews its date.
   *
   * @returns whether the place is taken now
   */
  takeSlot(id: string, slot: KeySlot, max: number): Promise<boolean>;

  /** Gives back the places of these keys; with `takenUntil` only those taken no later than then. */
  giveSlotsBack(id: string, keyIds: readonly string[], takenUntil?: Date): Promise<void>;
}

/** The issuer's subject is a user already: two first sign-ins at once. */
export class SubjectTakenError extends Error {
  constructor() {
    super('this subject is a user already');
    this.name = 'SubjectTakenError';
  }
}

/** Another user has this name. */
export class UsernameTakenError extends KeywardError {
  constructor() {
    super('username_taken', 'Choose another username.');
  }
}
