import type { Grant, KeySecret, VerifiedKey } from './api-key';
import { exceededFields, type GrantField } from './delegation';
import { earlierOf } from './earlier';
import { grants } from './scopes';

/** Scopes whose holder can give access that outlives its own key: the token of another key, or an active user. */
const LASTING_SCOPES = ['api-keys:write', 'users:write'] as const;

/** Whether the holder of this grant can give access that outlives its own key. */
export function givesLastingAccess({ scopes }: Pick<Grant, 'scopes'>): boolean {
  return LASTING_SCOPES.some((scope) => grants(scopes, scope));
}

/** Someone who manages keys: who they are in the history, and how far their own authority reaches. */
export interface Caller {
  /** Written into histories: `key:<id>`, `user:<id>`, `cli` or `system`. */
  readonly actor: string;
  /** What the caller may do itself. For a user's session this is not what it may give. */
  readonly scopes: readonly string[];
  /** What the caller sees, and the most that it may give. */
  readonly grant: Grant;
  /**
   * The organisations that a key of this caller must be bound to one of; `undefined` where the grant says all. A user
   * belongs to several, a key to one.
   */
  readonly orgIds?: readonly string[] | undefined;
  /** Whether `API_KEY_MAX_TTL_DAYS` binds what this caller makes. The operator's own CLI is the exception. */
  readonly boundByMaxTtl: boolean;
  /** The key that this is, and the hash of the secret it presented. */
  readonly presented?: { readonly keyId: string; readonly hash: string } | undefined;
  /** Whether that secret is in its grace period: the caller then cannot give anything that outlives the grace. */
  readonly isRetiring?: boolean | undefined;
  /** The customer that the calling key names, see decision record 0059. */
  readonly externalId?: string | undefined;
  /** The user whose session this is. */
  readonly userId?: string | undefined;
}

/**
 * Returns the caller that a verified key is. A secret in its grace period limits what the caller can give: nothing
 * outlives the grace, and nothing can give access that does, see decision record 0011.
 *
 * @param secret the one that was presented; left out where a host application speaks for the key
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
 * A caller that holds everything, for the operator's own hands: the CLI, and a host application that manages
 * keys in its own name.
 *
 * @param actor how it appears in histories, such as `cli` or `system`
 */
export function rootCaller(actor: string): Caller {
  return { actor, scopes: ['*'], grant: { scopes: ['*'], allowedIps: [] }, boundByMaxTtl: false };
}

/** The fields in which a grant reaches further than what a caller may give. */
export function exceededBy(caller: Caller, grant: Grant): readonly GrantField[] {
  const exceeded = new Set(exceededFields(caller.grant, grant));
  if (caller.isRetiring === true && givesLastingAccess(grant)) exceeded.add('scopes');
  if (caller.orgIds?.includes(grant.orgId ?? '') === false) exceeded.add('orgId');
  return [...exceeded];
}

/** Whether a caller acts for the owner of every key that it sees: a user's session, or a key with an owner. */
export function actsForOwner({ grant }: Caller): boolean {
  return grant.ownerId !== undefined;
}

/** Whether a caller sees every key: it is bound to no tenant, and acts for no owner. */
export function isUnlimited({ grant, orgIds }: Caller): boolean {
  return (grant.orgId ?? grant.projectId ?? grant.ownerId ?? orgIds) === undefined;
}

/** What a new key inherits: the caller's own grant, and its organisation where it belongs to just one. */
export function inheritedFrom(caller: Caller): Grant {
  const { grant, orgIds } = caller;
  return orgIds?.length === 1 ? { ...grant, orgId: orgIds[0] } : grant;
}
