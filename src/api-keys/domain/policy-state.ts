import type { RateLimit } from './rate-limit';

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
