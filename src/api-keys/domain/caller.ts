import type { ApiKey, Grant, KeySecret } from './api-key';
import { exceededFields, type GrantField } from './delegation';
import { earlierOf } from './earlier';
import { grants } from './scopes';

/** Whether who holds this can rotate the keys that it covers, and so get their tokens. */
export function managesKeys({ scopes }: Pick<Grant, 'scopes'>): boolean {
  return grants(scopes, 'api-keys:write');
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
  /** Whether that secret is on its way out: what manages keys is then nothing that this caller may give. */
  readonly isRetiring?: boolean | undefined;
  /** The user whose session this is. */
  readonly userId?: string | undefined;
}

/**
 * The caller that a verified key is. A secret on its way out bounds what is made with it: nothing outlives its grace,
 * and nothing manages keys, see decision record 0011.
 *
 * @param secret the one that was presented; left out where a host application speaks for the key
 */
export function callerOf(key: ApiKey, secret?: KeySecret): Caller {
  const expiresAt = earlierOf(key.expiresAt, secret?.retiresAt);
  return {
    actor: `key:${key.id}`,
    scopes: key.scopes,
    grant: expiresAt === key.expiresAt ? key : { ...key, expiresAt },
    boundByMaxTtl: true,
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
  if (caller.isRetiring === true && managesKeys(grant)) exceeded.add('scopes');
  if (caller.orgIds?.includes(grant.orgId ?? '') === false) exceeded.add('orgId');
  return [...exceeded];
}

/** What a new key inherits: the caller's own grant, and its organisation where it belongs to just one. */
export function inheritedFrom(caller: Caller): Grant {
  const { grant, orgIds } = caller;
  return orgIds?.length === 1 ? { ...grant, orgId: orgIds[0] } : grant;
}
