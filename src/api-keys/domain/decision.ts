import { addressAllowed } from './allowed-ips';
import { isExpired, isRetired, type KeySecret, type VerifiedKey } from './api-key';
import { type Binding, bindingMatches, isBoundElsewhere, type TenantContext } from './binding';
import { isSuspendedBy, type PolicyState } from './policy-state';
import { findSecret, narrowKey, type PreparedKey } from './prepared-key';
import { meetsScopes, type ScopeRequirement } from './scopes';

/** The codes of decisions in order of precedence. */
export const DECISION_CODES = [
  'MALFORMED',
  'NOT_FOUND',
  'ROTATED',
  'REVOKED',
  'DISABLED',
  'EXPIRED',
  'OWNER_DISABLED',
  'TENANT_SUSPENDED',
  'IP_NOT_ALLOWED',
  'INSUFFICIENT_SCOPE',
  'BINDING_MISMATCH',
  'VALID',
] as const;

/** One of {@link DECISION_CODES}. */
export type DecisionCode = (typeof DECISION_CODES)[number];

/** What a route, or a caller of the verify endpoint, requires of a key. */
export interface Requirement {
  readonly scopes: ScopeRequirement;
  /** The tenant that the request names; `undefined` if the handler limits itself to the tenant of the key. */
  readonly tenant: TenantContext | undefined;
  /**
   * The binding of a caller that verifies someone else's token. A key bound to another tenant does not exist for that caller.
   * `undefined` if the caller presents its own key.
   */
  readonly verifier?: Binding | undefined;
  /** The client's address; `undefined` if it is unknown. No allowlist allows an unknown address. */
  readonly clientAddress: string | undefined;
  /**
   * Requires only possession of the key's current secret, so that a holder can always revoke its own key. A genuine
   * secret is then rejected only as `ROTATED` or `REVOKED`. A secret in its grace period counts as rotated. See
   * decision record 0068.
   */
  readonly possession?: boolean | undefined;
}

/** What is stored for the key id of a token. {@link storedState} creates it. */
export interface StoredState {
  /** The key, narrowed by the policies. */
  readonly prepared: PreparedKey;
  /** Whether the key's owner is active; true for a key without an owner. Read for genuine secrets only. */
  readonly ownerActive: boolean;
  /** Whether a policy suspends the key. */
  readonly suspended: boolean;
  /** The existing policies that apply to the key. Read for genuine secrets only. */
  readonly policies: readonly PolicyState[];
}

const NO_POLICIES: readonly PolicyState[] = Object.freeze([]);

/**
 * Combines the records on which a decision about a key depends.
 *
 * @param ownerActive whether the key's owner is active
 * @param policies the existing policies of the key
 * @param narrow narrows the key; the default computes it every time
 */
export function storedState(
  prepared: PreparedKey,
  ownerActive = true,
  policies: readonly PolicyState[] = NO_POLICIES,
  narrow = narrowKey,
): StoredState {
  if (policies.length === 0) return { prepared, ownerActive, suspended: false, policies };
  const isNarrowed = policies.some(({ allowedScopes }) => allowedScopes !== undefined);
  return {
    prepared: isNarrowed ? narrow(prepared, policies) : prepared,
    ownerActive,
    suspended: isSuspendedBy(policies),
    policies,
  };
}

/**
 * The answer to "does this token meet this requirement now?". It contains the key only if the presented token is
 * genuine. For anyone else the key does not exist.
 */
export type Decision = Unknown | Refused | Valid;

/** The decision for a token that is not genuine. It reveals nothing about a key. */
export interface Unknown {
  readonly code: 'MALFORMED' | 'NOT_FOUND';
  readonly key?: undefined;
  readonly secret?: undefined;
}

/** The decision for a genuine token that does not meet the requirement. */
export interface Refused {
  readonly code: Exclude<DecisionCode, 'MALFORMED' | 'NOT_FOUND' | 'VALID'>;
  /** The key. Its `scopes` are those that the policies allow. */
  readonly key: VerifiedKey;
  /** The presented secret of the key. */
  readonly secret: KeySecret;
}

/** The decision for a token that meets the requirement. */
export interface Valid {
  readonly code: 'VALID';
  /**
   * The key. Its `scopes` are those that the policies allow, except for a requirement of possession, which reads no policies.
   */
  readonly key: VerifiedKey;
  /** The presented secret of the key. */
  readonly secret: KeySecret;
  /** The policies that apply to the key; `undefined` if none does. */
  readonly policies?: readonly PolicyState[] | undefined;
}

const MALFORMED: Unknown = Object.freeze({ code: 'MALFORMED' });
const NOT_FOUND: Unknown = Object.freeze({ code: 'NOT_FOUND' });

/**
 * Decides whether a presented token meets a requirement. The guard and all endpoints call this one function, through
 * `KeyVerifier`. It is pure: it reads neither a clock nor a store.
 *
 * @param presented SHA-256 of the presented token as `digestOf` returns it, `null` if the token is malformed
 * @param stored what is stored for the token's key id, or `null` if nothing is stored
 * @param now the time of the decision; used only if the key has an expiry or a previous secret
 */
export function decide(
  presented: string | null,
  stored: StoredState | null,
  requirement: Requirement,
  now: Date,
): Decision {
  if (presented === null) return MALFORMED;
  if (stored === null) return NOT_FOUND;
  const { prepared, policies } = stored;
  const { key } = prepared;
  const secret = findSecret(prepared, presented);
  if (secret === undefined) return NOT_FOUND;
  if (requirement.verifier !== undefined && isBoundElsewhere(key, requirement.verifier)) return NOT_FOUND;
  const code = judge(stored, secret, requirement, now);
  if (code !== 'VALID') return { code, key, secret };
  return policies.length === 0 ? { code, key, secret } : { code, key, secret, policies };
}

function judge(
  { prepared: { key, allowlist }, ownerActive, suspended }: StoredState,
  secret: KeySecret,
  requirement: Requirement,
  now: Date,
): (Refused | Valid)['code'] {
  const byPossession = requirement.possession === true;
  if (isRetired(secret, now) || (byPossession && secret.retiresAt !== undefined)) return 'ROTATED';
  if (key.revokedAt !== undefined) return 'REVOKED';
  if (byPossession) return 'VALID';
  if (!key.enabled) return 'DISABLED';
  if (isExpired(key, now)) return 'EXPIRED';
  if (!ownerActive) return 'OWNER_DISABLED';
  if (suspended) return 'TENANT_SUSPENDED';
  if (allowlist !== undefined && !addressAllowed(allowlist, requirement.clientAddress))
    return 'IP_NOT_ALLOWED';
  if (!meetsScopes(key.scopes, requirement.scopes)) return 'INSUFFICIENT_SCOPE';
  if (requirement.tenant !== undefined && !bindingMatches(key, requirement.tenant)) return 'BINDING_MISMATCH';
  return 'VALID';
}
