import type { Grant, KeySecret, VerifiedKey } from './api-key';
import { exceededFields, type GrantField } from './delegation';
import { earlierOf } from './earlier';
import type { GrantRequest } from './grant-request';
import { grants } from './scopes';
import { isVisible, type Viewpoint } from './visibility';

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
  /**
   * The grants of an organisation administrator: one for each organisation, bound to it and without an owner. Each of them counts
   * alone, and `grant` stays the one for the keys that the user owns. See decision record 0091.
   */
  readonly administered?: readonly Grant[] | undefined;
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

/** Returns the viewpoints from which a caller sees keys. It sees what any of them sees. */
export function viewpointsOf({ grant, administered = [] }: Caller): readonly [Viewpoint, ...Viewpoint[]] {
  return [grant, ...administered];
}

/** Returns whether a caller sees a key. */
export function sees(caller: Caller, key: Viewpoint): boolean {
  return viewpointsOf(caller).some((viewpoint) => isVisible(viewpoint, key));
}

/**
 * Returns the one grant that judges what a caller does with a key: for the keys of others in an organisation that it administers,
 * the grant of that organisation. Otherwise `caller.grant`.
 */
export function grantOver({ grant, administered = [] }: Caller, key: Viewpoint): Grant {
  const isOwn = grant.ownerId === key.ownerId;
  return (isOwn ? undefined : administered.find((each) => isVisible(each, key))) ?? grant;
}

/**
 * Returns the fields in which a grant exceeds what a caller can grant.
 *
 * @param before the key that gets the grant, whose organisation and owner select the caller's grant; by default the new grant
 */
export function exceededBy(caller: Caller, grant: Grant, before: Viewpoint = grant): readonly GrantField[] {
  const held = grantOver(caller, before);
  const exceeded = new Set(exceededFields(held, grant));
  if (caller.isRetiring === true && givesLastingAccess(grant)) exceeded.add('scopes');
  if (held === caller.grant && caller.orgIds?.includes(grant.orgId ?? '') === false) exceeded.add('orgId');
  return [...exceeded];
}

/** Returns whether a caller acts for the owner of a key: by a user's session, or by a key with an owner. */
export function actsForOwner(caller: Caller, key: Viewpoint): boolean {
  return grantOver(caller, key).ownerId !== undefined;
}

/** Returns whether a caller sees every key: no tenant and no owner limits it. */
export function isUnlimited({ grant, orgIds }: Caller): boolean {
  return (grant.orgId ?? grant.projectId ?? grant.ownerId ?? orgIds) === undefined;
}

/**
 * Returns what a new key inherits: the caller's grant, and the caller's organisation if there is exactly one. If an organisation
 * administrator asks for no owner, the key inherits from the named organisation, or from the only one that the caller administers.
 */
export function inheritedFrom(caller: Caller, { ownerId, orgId }: Partial<GrantRequest> = {}): Grant {
  const { grant, orgIds, administered = [] } = caller;
  const chosen = orgId ?? (administered.length === 1 ? administered[0]?.orgId : undefined);
  const organisation = administered.find(
    (each) => ownerId === null && orgId !== null && each.orgId === chosen,
  );
  if (organisation !== undefined) return organisation;
  return orgIds?.length === 1 ? { ...grant, orgId: orgIds[0] } : grant;
}
