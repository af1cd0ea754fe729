/**
 * Whether a user may sign in, and whether its keys work. `deleted` is final: only the id is kept, because histories
 * name it.
 */
export type UserStatus = 'active' | 'disabled' | 'deleted';

/** The profile of a user at the identity provider, updated at each sign-in. */
export interface UserProfile {
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  readonly name?: string | undefined;
  readonly picture?: string | undefined;
}

/** A person who signs in with an identity provider, identified by issuer and subject together. */
export interface User extends UserProfile {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly username?: string | undefined;
  readonly status: UserStatus;
  /** Set until the keys of a deleted user are revoked. */
  readonly removalPending?: boolean | undefined;
  readonly createdAt: Date;
  readonly lastLoginAt: Date;
  /** Increases with each change of status or username. */
  readonly version: number;
}

const USERNAME = /^[a-z0-9](?:[a-z0-9._-]{0,37}[a-z0-9])?$/;

/**
 * Returns a username in the form in which it is stored and compared: lower case, 1 to 39 characters of `a-z 0-9 . _ -`
 * that begin and end with a letter or digit. Returns `undefined` for anything else.
 */
export function foldUsername(text: string): string | undefined {
  const folded = text.toLowerCase();
  return USERNAME.test(folded) ? folded : undefined;
}

/** The issuer of deleted users. No identity provider has it. */
export const DELETED_ISSUER = 'urn:keyward:deleted';

/** Returns whether the stored profile differs from the current one of the identity provider. */
export function profileDiffers(kept: UserProfile, said: UserProfile): boolean {
  return (
    kept.email !== said.email ||
    kept.emailVerified !== said.emailVerified ||
    kept.name !== said.name ||
    kept.picture !== said.picture
  );
}
