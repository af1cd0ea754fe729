import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isTenantId } from '../../api-keys/domain/binding';
import { isExternalId } from '../../api-keys/domain/external-id';
import type { History } from '../../api-keys/domain/history';
import { changeEventId, type PolicyEvent } from '../../api-keys/domain/key-event';
import {
  DEFAULT_POLICY_ID,
  noPolicy,
  type PolicyId,
  type PolicyState,
} from '../../api-keys/domain/policy-state';
import type { RateLimit } from '../../api-keys/domain/rate-limit';

/** Whether the keys of the organisation or owner work. */
export type PolicyStatus = 'active' | 'suspended';

/** The kinds of changes in the history of a policy. */
export type PolicyAction = 'created' | 'updated' | 'deleted' | 'recreated';

/** The restrictions of a policy. An absent part restricts nothing. */
export interface PolicyRules {
  /** While `suspended`, no key of the organisation or owner works. */
  readonly status: PolicyStatus;
  /** Why the status is what it is. Only callers that see every policy see it. */
  readonly reason?: string | undefined;
  /** Limits that all keys of the organisation or owner share: up to 3, with distinct names. */
  readonly rateLimits: readonly RateLimit[];
  /** The scopes that keys can use at most. An empty list allows no scope. */
  readonly allowedScopes?: readonly string[] | undefined;
  /** The maximum number of live keys: 1 to 1000. */
  readonly maxKeys?: number | undefined;
  /** The maximum lifetime of a new expiry, in days. */
  readonly maxTtlDays?: number | undefined;
}

/** The policy of an organisation, of an owner, or of every organisation without a policy of its own. */
export interface Policy extends PolicyRules {
  readonly id: PolicyId;
  /** 1 at creation. Every change adds 1, a deletion too. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Set on the tombstone of a deleted policy, which restricts nothing. */
  readonly deletedAt?: Date | undefined;
}

/** A policy with its history. */
export interface PolicyWithHistory extends Policy, History<PolicyAction> {}

/** A change of a policy. An omitted field stays unchanged, and `null` clears a field. */
export type PolicyPatch = { readonly [K in keyof PolicyRules]?: PolicyRules[K] | null | undefined };

/** The restrictions of a policy that does not exist. */
export const NO_RULES: PolicyRules = { status: 'active', rateLimits: [] };

/** The names of all restrictions, in the order of histories and events. */
const RULE_NAMES = [
  'status',
  'reason',
  'rateLimits',
  'allowedScopes',
  'maxKeys',
  'maxTtlDays',
] as const satisfies readonly (keyof PolicyRules)[];

/** Returns whether `text` is the id of a policy: `default`, or `org:` or `owner:` and a valid id. */
export function isPolicyId(text: string): text is PolicyId {
  const { orgId, ownerId } = subjectOf(text);
  if (orgId !== undefined) return isTenantId(orgId);
  return ownerId === undefined ? text === DEFAULT_POLICY_ID : isExternalId(ownerId);
}

/** Returns the organisation or the owner to which a policy applies; neither for `default`. */
export function subjectOf(id: string): { readonly orgId?: string; readonly ownerId?: string } {
  if (id.startsWith('org:')) return { orgId: id.slice('org:'.length) };
  return id.startsWith('owner:') ? { ownerId: id.slice('owner:'.length) } : {};
}

/** Returns the rules of a policy without its other fields; {@link NO_RULES} if it does not exist. */
export function rulesOf(policy: PolicyRules | null): PolicyRules {
  const { status, reason, rateLimits, allowedScopes, maxKeys, maxTtlDays } = policy ?? NO_RULES;
  return { status, reason, rateLimits, allowedScopes, maxKeys, maxTtlDays };
}

/**
 * Returns the rules after a patch. A change of the status without a reason removes the former reason, because that reason is
 * about the former status.
 */
export function patchedRules(before: PolicyRules, patch: PolicyPatch): PolicyRules {
  const changesStatus = patch.status !== undefined && patch.status !== before.status;
  const next: Record<string, unknown> = { ...(changesStatus && { reason: undefined }) };
  for (const name of RULE_NAMES) {
    const asked = patch[name];
    if (asked !== undefined) next[name] = asked ?? NO_RULES[name];
  }
  return { ...rulesOf(before), ...next };
}

/** Returns the names of the rules that differ. */
export function changedRules(before: PolicyRules, after: PolicyRules): readonly (keyof PolicyRules)[] {
  return RULE_NAMES.filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

/** Returns what a stored policy does to keys. Any status but `active` suspends them. */
export function stateOf(id: PolicyId, policy: Policy | null): PolicyState {
  if (policy === null || policy.deletedAt !== undefined) return noPolicy(id);
  const { status, rateLimits, allowedScopes, maxKeys, maxTtlDays } = policy;
  return { id, exists: true, suspended: status !== 'active', rateLimits, allowedScopes, maxKeys, maxTtlDays };
}

/**
 * Returns the event of the newest change of a policy. Its id contains a hash, because the id of a policy can have characters
 * and a length that neither a cursor nor a header can carry.
 *
 * @throws RangeError if the record has no history; every stored record has one
 */
export function policyEventOf({ id, status, history }: PolicyWithHistory): PolicyEvent {
  const entry = history.at(-1);
  if (entry === undefined) throw new RangeError('the policy has no history entry');
  const fields = entry.fields ?? [];
  const resumedOrSuspended = status === 'active' ? 'policy.resumed' : 'policy.suspended';
  return {
    id: policyEventId(id, entry.version),
    type: fields.includes('status') ? resumedOrSuspended : 'policy.changed',
    at: entry.at,
    keyId: id,
    policyId: id,
    ...subjectOf(id),
    actor: entry.by,
    version: entry.version,
    fields,
  };
}

/** Returns the id of the event of a change of a policy. */
export function policyEventId(id: PolicyId, version: number): string {
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 40);
  return changeEventId(`policy-${hash}`, version);
}
