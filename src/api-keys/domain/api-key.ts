import type { Binding } from './binding';
import type { HistoryEntry } from './history';
import type { RateLimit } from './rate-limit';

/** Notes about a key, as a flat map. Anyone who can change the key can change them, so do not identify a caller by them. */
export type KeyMetadata = Readonly<Record<string, string | number | boolean>>;

/** A stored secret of a key. The current one has no `retiresAt`. */
export interface KeySecret {
  /** SHA-256 of the whole token, lower-case hex. */
  readonly hash: string;
  readonly createdAt: Date;
  /** The secret is `ROTATED` at and after this moment. */
  readonly retiresAt?: Date | undefined;
  /** When the secret was first used after `retiresAt`. */
  readonly reusedAt?: Date | undefined;
}

/** The rights of a key and their limits: everything that delegation compares. */
export interface Grant extends Binding {
  readonly ownerId?: string | undefined;
  readonly scopes: readonly string[];
  /** Addresses and CIDR ranges; empty means any address. */
  readonly allowedIps: readonly string[];
  /** The limits that apply together; empty means no limit. */
  readonly rateLimits: readonly RateLimit[];
  /** The key is expired at and after this moment. */
  readonly expiresAt?: Date | undefined;
}

/** The record of a key without its history. */
export interface ApiKey extends Grant {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  /** Who created it: `key:<id>`, `user:<id>`, `cli` or `system`. */
  readonly createdBy: string;
  readonly metadata: KeyMetadata;
  /** The id of the customer or of the key in the host's own system, see decision record 0059. */
  readonly externalId?: string | undefined;
  /** The prefix that the creation named for the tokens of this key. Without it, new tokens get the default prefix. */
  readonly prefix?: string | undefined;
  readonly enabled: boolean;
  readonly revokedAt?: Date | undefined;
  readonly revokedBy?: string | undefined;
  readonly revokedReason?: string | undefined;
  readonly secrets: readonly KeySecret[];
  /** 1 at creation. Every change adds 1. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * Restrictions of an owned key that someone other than the owner set, see decision record 0057. The owner can tighten
 * the key further, and loosen it again up to these values. An absent part is not restricted.
 */
export interface Imposed {
  /**
   * The version of the key for which these restrictions are known. An earlier release that changes the key does not update
   * them.
   */
  readonly version: number;
  readonly enabled?: false | undefined;
  readonly expiresAt?: Date | undefined;
  readonly allowedIps?: readonly string[] | undefined;
  readonly rateLimits?: readonly RateLimit[] | undefined;
}

/**
 * The part of a record that decisions and their responses use: no secrets, and nothing that only the management routes return.
 * The cache keeps this part of each key.
 */
export type VerifiedKey = Omit<
  ApiKey,
  | 'secrets'
  | 'description'
  | 'prefix'
  | 'createdBy'
  | 'createdAt'
  | 'updatedAt'
  | 'revokedBy'
  | 'revokedReason'
>;

/** The record of a key with its history. */
export interface ApiKeyWithHistory extends ApiKey {
  readonly history: readonly HistoryEntry[];
  /** How many entries were removed from the history. */
  readonly historyDropped: number;
  /** Restrictions that someone other than the owner set. Only keys with an owner have them. */
  readonly imposed?: Imposed | undefined;
}

/** The status of a key. It is computed and never stored. */
export type ApiKeyStatus = 'revoked' | 'disabled' | 'expired' | 'active';

/** All statuses in order of precedence. */
export const API_KEY_STATUSES: readonly ApiKeyStatus[] = ['revoked', 'disabled', 'expired', 'active'];

/** Returns the status of a key at a moment: the first in {@link API_KEY_STATUSES} that applies. */
export function statusOf(key: Pick<ApiKey, 'revokedAt' | 'enabled' | 'expiresAt'>, now: Date): ApiKeyStatus {
  if (key.revokedAt !== undefined) return 'revoked';
  if (!key.enabled) return 'disabled';
  return isExpired(key, now) ? 'expired' : 'active';
}

/** Returns whether the grace period of a secret is over: `now >= retiresAt`, or `retiresAt` is an invalid date. */
export function isRetired({ retiresAt }: KeySecret, now: Date): boolean {
  return retiresAt !== undefined && !(now.getTime() < retiresAt.getTime());
}

/** Returns whether a key is expired: `now >= expiresAt`, or `expiresAt` is an invalid date. */
export function isExpired(key: Pick<ApiKey, 'expiresAt'>, now: Date): boolean {
  return key.expiresAt !== undefined && !(now.getTime() < key.expiresAt.getTime());
}
