import { addressAllowed } from './allowed-ips';
import { isExpired, isRetired, type KeySecret, type VerifiedKey } from './api-key';
import { type Binding, bindingMatches, isBoundElsewhere, type TenantContext } from './binding';
import { findSecret, type PreparedKey } from './prepared-key';
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
  'IP_NOT_ALLOWED',
  'INSUFFICIENT_SCOPE',
  'BINDING_MISMATCH',
  'VALID',
] as const;

/** One of {@link DECISION_CODES}. */
export type DecisionCode = (typeof DECISION_CODES)[number];

/** What a caller asks of a key. */
export interface Requirement {
  readonly scopes: ScopeRequirement;
  /** The tenant that the request names; `undefined` where the route limits itself and no context is asked. */
  readonly tenant: TenantContext | undefined;
  /**
   * The binding of someone who asks about a token for others: a key bound elsewhere does not exist to it.
   * `undefined` where the caller presents its own key.
   */
  readonly verifier?: Binding | undefined;
  /** The client's address; `undefined` where it is not known, which fails every allowlist. */
  readonly clientAddress: string | undefined;
  /**
   * Requires only possession of the key's current secret, so that a holder can always revoke its own key. Of the codes for
   * a genuine secret, only `ROTATED` and `REVOKED` reject it. A secret in grace is not the current one. See decision
   * record 0068.
   */
  readonly possession?: boolean | undefined;
}

/** What the store holds about a well-formed token. */
export interface StoredState {
  readonly prepared: PreparedKey;
  /** Whether the key's owner is active; true for a key without an owner. Read for genuine secrets only. */
  readonly ownerActive: boolean;
}

/**
 * The answer to "is this key good?". It carries the record only where the presented token was a genuine
 * secret of that key: to anyone else the key does not exist.
 */
export type Decision = Unknown | Refused | Valid;

/** Nothing is told to someone who presented no genuine secret. */
export interface Unknown {
  readonly code: 'MALFORMED' | 'NOT_FOUND';
  readonly key?: undefined;
  readonly secret?: undefined;
}

/** A genuine secret of a key that is not good for what is required. */
export interface Refused {
  readonly code: Exclude<DecisionCode, 'MALFORMED' | 'NOT_FOUND' | 'VALID'>;
  readonly key: VerifiedKey;
  /** The secret of the key that was presented. */
  readonly secret: KeySecret;
}

/** The key is good. */
export interface Valid {
  readonly code: 'VALID';
  readonly key: VerifiedKey;
  /** The secret of the key that was presented. */
  readonly secret: KeySecret;
}

const MALFORMED: Unknown = Object.freeze({ code: 'MALFORMED' });
const NOT_FOUND: Unknown = Object.freeze({ code: 'NOT_FOUND' });

/**
 * Decides whether a presented token is good for what is required of it. The only decision: every door asks this function
 * through `KeyVerifier`. Pure: it reads neither a clock nor a store.
 *
 * @param presented SHA-256 of the presented token as `digestOf` gives it, `null` if the token is malformed
 * @param stored what the store holds under the token's key id, `null` for nothing
 * @param now the time of the decision; read only for a key or a secret that ends
 */
export function decide(
  presented: string | null,
  stored: StoredState | null,
  requirement: Requirement,
  now: Date,
): Decision {
  if (presented === null) return MALFORMED;
  if (stored === null) return NOT_FOUND;
  const { prepared, ownerActive } = stored;
  const { key } = prepared;
  const secret = findSecret(prepared, presented);
  if (secret === undefined) return NOT_FOUND;
  if (requirement.verifier !== undefined && isBoundElsewhere(key, requirement.verifier)) return NOT_FOUND;
  const code = judge(prepared, secret, ownerActive, requirement, now);
  return code === 'VALID' ? { code, key, secret } : { code, key, secret };
}

function judge(
  { key, allowlist }: PreparedKey,
  secret: KeySecret,
  ownerActive: boolean,
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
  if (allowlist !== undefined && !addressAllowed(allowlist, requirement.clientAddress))
    return 'IP_NOT_ALLOWED';
  if (!meetsScopes(key.scopes, requirement.scopes)) return 'INSUFFICIENT_SCOPE';
  if (requirement.tenant !== undefined && !bindingMatches(key, requirement.tenant)) return 'BINDING_MISMATCH';
  return 'VALID';
}
