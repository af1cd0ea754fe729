import type { Binding } from './binding';
import type { HistoryEntry } from './history';
import type { RateLimit } from './rate-limit';

/** Notes about a key, as a flat map. Whoever may change the key may change them, so they identify nobody. */
export type KeyMetadata = Readonly<Record<string, string | number | boolean>>;

/** One secret of a key, at rest. The current one has no `retiresAt`. */
export interface KeySecret {
  /** SHA-256 of the whole token, lower-case hex. */
  readonly hash: string;
  readonly createdAt: Date;
  /** From this moment on the secret is `ROTATED`. */
  readonly retiresAt?: Date | undefined;
  /** When the retired secret was first presented again. */
  readonly reusedAt?: Date | undefined;
}

/** What a key may do, and where: everything that delegation compares. */
export interface Grant extends Binding {
  readonly ownerId?: string | undefined;
  readonly scopes: readonly string[];
  /** Addresses and CIDR ranges; empty means any address. */
  readonly allowedIps: readonly string[];
  readonly rateLimit?: RateLimit | undefined;
  /** The key is expired from this moment on, this moment included. */
  readonly expiresAt?: Date | undefined;
}

/** A key's record, without its history: what a decision reads. */
export interface ApiKey extends Grant {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  /** Who made it: `key:<id>`, `user:<id>`, `cli` or `system`. */
  readonly createdBy: string;
  readonly metadata: KeyMetadata;
  /** The id of the customer or of the key in the host's own system, see decision record 0059. */
  readonly externalId?: string | undefined;
  readonly enabled: boolean;
  readonly revokedAt?: Date | undefined;
  readonly revokedBy?: string | undefined;
  readonly revokedReason?: string | undefined;
  readonly secrets: readonly KeySecret[];
  /** Counts up by one with every change; 1 at creation. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * What others than its owner have restricted on an owned key, see decision record 0057. The owner may tighten it, and
 * loosen it again up to these values. An absent part is not restricted by others.
 */
export interface Imposed {
  /** The version of the key that this describes. An earlier release that changes the key leaves it behind. */
  readonly version: number;
  readonly enabled?: false | undefined;
  readonly expiresAt?: Date | undefined;
  readonly allowedIps?: readonly string[] | undefined;
  readonly rateLimit?: RateLimit | undefined;
}

/**
 * What a decision reads of a key, and what its answer tells: a record without its secrets and without what only the
 * management routes show. It is what stays in memory for each key in use.
 */
export type VerifiedKey = Omit<
  ApiKey,
  'secrets' | 'description' | 'createdBy' | 'createdAt' | 'updatedAt' | 'revokedBy' | 'revokedReason'
>;

/** A key's record with everything that ever happened to it. */
export interface ApiKeyWithHistory extends ApiKey {
  readonly history: readonly HistoryEntry[];
  /** How many entries the history has let go of. */
  readonly historyDropped: number;
  /** What others than its owner have restricted; only on a key with an owner. */
  readonly imposed?: Imposed | undefined;
}

/** A key's state, computed and never stored. */
export type ApiKeyStatus = 'revoked' | 'disabled' | 'expired' | 'active';

/** All states, strongest first. */
export const API_KEY_STATUSES: readonly ApiKeyStatus[] = ['revoked', 'disabled', 'expired', 'active'];

/** The state of a key at a moment: `revoked` before `disabled` before `expired` before `active`. */
export function statusOf(key: Pick<ApiKey, 'revokedAt' | 'enabled' | 'expiresAt'>, now: Date): ApiKeyStatus {
  if (key.revokedAt !== undefined) return 'revoked';
  if (!key.enabled) return 'disabled';
  return isExpired(key, now) ? 'expired' : 'active';
}

/** A secret is retired when `now >= retiresAt`, or if that is no valid date; before that it is in grace. */
export function isRetired({ retiresAt }: KeySecret, now: Date): boolean {
  return retiresAt !== undefined && !(now.getTime() < retiresAt.getTime());
}

/** A key is expired when `now >= expiresAt`, or if that is no valid date. */
export function isExpired(key: Pick<ApiKey, 'expiresAt'>, now: Date): boolean {
  return key.expiresAt !== undefined && !(now.getTime() < key.expiresAt.getTime());
}
