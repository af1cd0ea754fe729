import type { Grant, KeySecret, VerifiedKey } from './api-key';
import { exceededFields, type GrantField } from './delegation';
import { earlierOf } from './earlier';
import { grants } from './scopes';

/** Scopes with which a key can create access that outlasts the key: a new token, or an active user. */
const LASTING_SCOPES = ['api-keys:write', 'users:write'] as const;

/** Returns whether a key with this grant can give access that outlasts the key. */
export function givesLastingAccess({ scopes }: Pick<Grant, 'scopes'>): boolean {
  return LASTING_SCOPES.some((scope) => grants(scopes, scope));
}

/** The key or user that sends a request: its name in histories, and the limits of its authority. */
export interface Caller {
  /** The name in histories: `key:<id>`, `user:<id>`, `cli` or `system`. */
  readonly actor: string;
  /** The scopes that the caller can use itself. The scopes that a session can grant are in `grant`. */
  readonly scopes: readonly string[];
  /** Limits which keys the caller can see, and which rights it can grant. */
  readonly grant: Grant;
  /**
   * The organisations of a user: each key that the user creates must be bound to one of them. `undefined` if `grant`
   * contains all limits.
   */
  readonly orgIds?: readonly string[] | undefined;
  /** Whether the maximum lifetime (`tokens.maxTtlDays`) limits the keys that this caller creates. `rootCaller` is exempt. */
  readonly boundByMaxTtl: boolean;
  /** The id of the calling key, and the hash of the token that it presented. */
  readonly presented?: { readonly keyId: string; readonly hash: string } | undefined;
  /** Whether that token is in its grace period. The caller then cannot grant anything that outlasts the period. */
  readonly isRetiring?: boolean | undefined;
  /** The external id of the calling key, see decision record 0059. */
  readonly externalId?: string | undefined;
  /** The id of the user if the caller is a session. */
  readonly userId?: string | undefined;
}

/**
 * Returns the caller for a verified key. If the secret is in its grace period, the caller cannot grant anything that outlasts
 * the period, and no scope that gives lasting access. See decision record 0011.
 *
 * @param secret the presented secret; omitted if a host application acts for the key
 */
export function callerOf(key: Grant & Pick<VerifiedKey, 'id' | 'externalId'>, secret?: KeySecret): Caller {
  const expiresAt = earlierOf(key.expiresAt, secret?.retiresAt);
  return {
    actor: `key:${key.id}`,
    scopes: key.scopes,
    grant: expiresAt === key.expiresAt ? key : { ...key, expiresAt },
    boundByMaxTtl: true,
    externalId: key.externalId,
    ...(secret && { presented: { keyId: key.id, hash: secret.hash } }),
    ...(secret?.retiresAt && { isRetiring: true }),
  };
}

/**
 * Returns a caller with every right, for the CLI and for host applications that manage keys in their own name.
 *
 * @param actor the name in histories, such as `cli` or `system`
 */
export function rootCaller(actor: string): Caller {
  return {
    actor,
    scopes: ['*'],
    grant: { scopes: ['*'], allowedIps: [], rateLimits: [] },
    boundByMaxTtl: false,
  };
}

/** Returns the fields in which a grant exceeds what a caller can grant. */
export function exceededBy(caller: Caller, grant: Grant): readonly GrantField[] {
  const exceeded = new Set(exceededFields(caller.grant, grant));
  if (caller.isRetiring === true && givesLastingAccess(grant)) exceeded.add('scopes');
  if (caller.orgIds?.includes(grant.orgId ?? '') === false) exceeded.add('orgId');
  return [...exceeded];
}

/** Returns whether a caller acts for the owner of every key that it sees: a user's session, or a key with an owner. */
export function actsForOwner({ grant }: Caller): boolean {
  return grant.ownerId !== undefined;
}

/** Returns whether a caller sees every key: no tenant and no owner limits it. */
export function isUnlimited({ grant, orgIds }: Caller): boolean {
  return (grant.orgId ?? grant.projectId ?? grant.ownerId ?? orgIds) === undefined;
}

/** Returns what a new key inherits: the caller's grant, and the caller's organisation if there is exactly one. */
export function inheritedFrom(caller: Caller): Grant {
  const { grant, orgIds } = caller;
  return orgIds?.length === 1 ? { ...grant, orgId: orgIds[0] } : grant;
}
