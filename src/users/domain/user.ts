/** Whether a user may act, and its keys with it. `deleted` is for good: only the id stays, for histories. */
export type UserStatus = 'active' | 'disabled' | 'deleted';

/** A place among the keys that a user may own, taken before the key itself is made. */
export interface KeySlot {
  readonly keyId: string;
  readonly at: Date;
}

/** What the identity provider says of a person, refreshed at each sign-in. */
export interface UserProfile {
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  readonly name?: string | undefined;
  readonly picture?: string | undefined;
}

/** A person who signs in with an identity provider. Known by issuer and subject together. */
export interface User extends UserProfile {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly username?: string | undefined;
  readonly status: UserStatus;
  readonly keySlots: readonly KeySlot[];
  /** Set while the keys of a deleted user are still to be revoked. */
  readonly removalPending?: boolean | undefined;
  readonly createdAt: Date;
  readonly lastLoginAt: Date;
  /** Counts up with each change of status or username. */
  readonly version: number;
}

const USERNAME = /^[a-z0-9](?:[a-z0-9._-]{0,37}[a-z0-9])?$/;

/**
 * A username in the one form in which it is kept and compared: lower case, 1 to 39 characters of `a-z 0-9 . _ -`
 * that begin and end with a letter or digit. `undefined` for anything else.
 */
export function foldUsername(text: string): string | undefined {
  const folded = text.toLowerCase();
  return USERNAME.test(folded) ? folded : undefined;
}

/** The issuer that deleted users are filed under, which no identity provider has. */
export const DELETED_ISSUER = 'urn:keyward:deleted';

/** Whether what is kept of a person differs from what the identity provider says now. */
export function profileDiffers(kept: UserProfile, said: UserProfile): boolean {
  return (
    kept.email !== said.email ||
    kept.emailVerified !== said.emailVerified ||
    kept.name !== said.name ||
    kept.picture !== said.picture
  );
}
