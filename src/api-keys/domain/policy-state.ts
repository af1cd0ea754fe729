import type { Grant } from './api-key';
import type { RateLimit } from './rate-limit';
import { commonScopes, grants } from './scopes';

/** The id of a policy: of one organisation, of one owner, or of every organisation without a policy of its own. */
export type PolicyId = `org:${string}` | `owner:${string}` | 'default';

/** The id of the policy that applies to organisations without a policy of their own. */
export const DEFAULT_POLICY_ID: PolicyId = 'default';

/** What a policy does to the keys of its organisation or owner. */
export interface PolicyState {
  readonly id: PolicyId;
  /** False if no policy with this id exists. It then restricts nothing. */
  readonly exists: boolean;
  readonly suspended: boolean;
  /** Limits that all keys of the organisation, or of the owner, share. */
  readonly rateLimits: readonly RateLimit[];
  /** The scopes that keys can use at most; `undefined` if the policy does not narrow them. */
  readonly allowedScopes?: readonly string[] | undefined;
  /** The maximum number of live keys. */
  readonly maxKeys?: number | undefined;
  /** The maximum lifetime of a new expiry, in days. */
  readonly maxTtlDays?: number | undefined;
}

/** Returns the state of a policy that does not exist. */
export function noPolicy(id: PolicyId): PolicyState {
  return { id, exists: false, suspended: false, rateLimits: [] };
}

/** The policies of a key. */
export interface PolicyIds {
  /** The policy of its organisation. If it does not exist, the default policy applies. */
  readonly orgPolicy: PolicyId | undefined;
  readonly ownerPolicy: PolicyId | undefined;
}

/** Returns the policies of a key. A key without an organisation and an owner has none. */
export function policyIdsOf({ orgId, ownerId }: Pick<Grant, 'orgId' | 'ownerId'>): PolicyIds {
  return {
    orgPolicy: orgId === undefined ? undefined : `org:${orgId}`,
    ownerPolicy: ownerId === undefined ? undefined : `owner:${ownerId}`,
  };
}

/** Limits that all keys of an organisation or of an owner share. */
interface SharedLimits {
  readonly kind: 'org' | 'owner';
  /** The id of the organisation or of the owner. */
  readonly id: string;
  readonly limits: readonly RateLimit[];
}

/**
 * Returns the limits that a key shares with others. The keys of each organisation share limits of the default policy too.
 *
 * @param policies the policies that apply to the key
 */
export function sharedLimitsOf(
  { orgId, ownerId }: Pick<Grant, 'orgId' | 'ownerId'>,
  policies: readonly PolicyState[],
): readonly SharedLimits[] {
  const { ownerPolicy } = policyIdsOf({ ownerId });
  return policies.flatMap(({ id: policyId, rateLimits: limits }) => {
    const [kind, id] = policyId === ownerPolicy ? (['owner', ownerId] as const) : (['org', orgId] as const);
    return id === undefined || limits.length === 0 ? [] : [{ kind, id, limits }];
  });
}

/** Returns whether one of the policies suspends its keys. The default policy never does. */
export function isSuspendedBy(policies: readonly PolicyState[]): boolean {
  return policies.some(({ id, suspended }) => suspended && id !== DEFAULT_POLICY_ID);
}

/**
 * Returns the scopes that a list of scopes and all policies grant, as a frozen list; the same list if no policy narrows it.
 */
export function scopesAllowedBy(
  policies: readonly PolicyState[],
  scopes: readonly string[],
): readonly string[] {
  let left = scopes;
  for (const { allowedScopes } of policies) {
    if (allowedScopes !== undefined && !left.every((scope) => grants(allowedScopes, scope)))
      left = Object.freeze(commonScopes(left, allowedScopes));
  }
  return left;
}
