import { MAX_GRACE_SECONDS } from '../domain/rotation';
import {
  DelegationExceededError,
  ExternalIdNotAllowedError,
  ImposedRestrictionError,
} from './api-keys.errors';
import { KeywardError } from '../../problems/keyward.error';
import { MisuseError } from '../../problems/misuse.error';
import { UnacceptableFieldError } from '../../problems/unacceptable-field.error';
import type { ApiKey, ApiKeyWithHistory, Grant } from '../domain/api-key';
import { actsForOwner, type Caller, exceededBy, givesLastingAccess, isUnlimited } from '../domain/caller';
import { loosenedBeyond, loosenedFields } from '../domain/imposed';
import { isSuspendedBy, type PolicyState } from '../domain/policy-state';
import { grants } from '../domain/scopes';

const DAY_MS = 86_400_000;

/** The earliest possible date. Compared with it, no expiry is in the past. */
export const EVER = new Date(-8.64e15);

/**
 * Checks that a value is a caller, because any other value would cause a misleading error later.
 *
 * @throws MisuseError if it is not
 */
export function requireCaller(caller: Partial<Caller> | undefined): void {
  const { actor, scopes, grant } = caller ?? {};
  if (typeof actor === 'string' && actor !== '' && Array.isArray(scopes) && Array.isArray(grant?.scopes))
    return;
  throw new MisuseError(
    'the first argument must be a caller: from rootCaller(name), callerOf(key) or @CurrentCaller()',
  );
}

/** @throws DelegationExceededError unless the caller holds the whole grant, see {@link exceededBy} */
export function requireCovered(caller: Caller, grant: Grant, before?: Grant): void {
  const exceeded = exceededBy(caller, grant, before);
  if (exceeded.length > 0) throw new DelegationExceededError(exceeded);
}

/** @throws KeywardError `forbidden` if one of the policies suspends its keys */
export function requireUnsuspended(policies: readonly PolicyState[]): void {
  if (!isSuspendedBy(policies)) return;
  throw new KeywardError(
    'forbidden',
    'The organisation or the owner is suspended: you can read, narrow, disable and revoke its keys, but give nothing.',
  );
}

/**
 * Checks that the caller may use this owner: its own owner, or any owner if it holds `users:write`. See decision record
 * 0006.
 *
 * @param held the caller's grant over the key; by default the one that is not limited to an administered organisation
 * @throws DelegationExceededError if the caller may not use this owner
 */
export function requireAssignable(
  caller: Caller,
  ownerId: string | undefined,
  held: Grant = caller.grant,
): void {
  if (ownerId === held.ownerId || grants(caller.scopes, 'users:write')) return;
  throw new DelegationExceededError(['ownerId']);
}

/**
 * Checks that a user's session binds a key only to an organisation of the user. The key would otherwise take a slot of an
 * organisation that the user does not belong to.
 *
 * @throws DelegationExceededError if the caller may not use this organisation
 */
export function requireOwnOrganisation({ orgIds }: Caller, orgId: string | undefined): void {
  if (orgId !== undefined && orgIds?.includes(orgId) === false) throw new DelegationExceededError(['orgId']);
}

/** @throws ExternalIdNotAllowedError if the request sets an external id and the caller has a binding or an owner */
export function requireExternalIdAllowed(caller: Caller, externalId: string | undefined): void {
  if (externalId !== undefined && !isUnlimited(caller)) throw new ExternalIdNotAllowedError();
}

/**
 * Checks that the caller may get a new token for the key's customer. A host identifies the customer of a token by the
 * external id of its key, see decision record 0059.
 *
 * @throws DelegationExceededError if the key has an external id, unless the caller has the same one, acts for the key's
 *   owner, or sees every key
 */
export function requireSameCustomer(caller: Caller, before: ApiKey): void {
  if (before.externalId === undefined || before.externalId === caller.externalId) return;
  if (isUnlimited(caller) || actsForOwner(caller, before)) return;
  throw new DelegationExceededError(['externalId']);
}

/**
 * Checks that the caller may change these fields. A caller with a previous secret in its grace period cannot change a
 * key that manages keys or users, not even its own key. It also cannot give a key to another owner or customer. See
 * decision record 0011.
 *
 * @throws DelegationExceededError, ExternalIdNotAllowedError unless the caller may change these fields
 */
export function requireChangeable(caller: Caller, before: Grant, changed: readonly string[]): void {
  if (changed.includes('externalId') && !isUnlimited(caller)) throw new ExternalIdNotAllowedError();
  if (caller.isRetiring !== true) return;
  if (givesLastingAccess(before)) throw new DelegationExceededError(['scopes']);
  const given = changed.filter((field) => field === 'ownerId' || field === 'externalId');
  if (given.length > 0) throw new DelegationExceededError(given);
}

/**
 * Checks that a session or an owned key loosens only restrictions that the owner set, see decision record 0057. An organisation
 * administrator loosens only those that it or the owner set, see decision record 0091.
 *
 * @throws ImposedRestrictionError if the caller loosens a restriction that others set
 */
export function requireOwnRestrictions(
  caller: Caller,
  before: ApiKeyWithHistory,
  after: ApiKey,
  changed: readonly string[],
): void {
  const isOwner = actsForOwner(caller, before);
  if (!isOwner && caller.administered === undefined) return;
  const loosened = isOwner
    ? loosenedFields(before, after, changed)
    : loosenedBeyond(before, after, changed, caller.actor);
  if (loosened.length > 0) throw new ImposedRestrictionError(loosened);
}

/** @throws UnacceptableFieldError unless the prefix is absent or one of the configured prefixes */
export function requirePrefix(prefix: string | undefined, configured: readonly string[]): void {
  if (prefix === undefined || configured.includes(prefix)) return;
  throw new UnacceptableFieldError('/prefix', `must be one of ${configured.join(', ')}`);
}

/** @throws UnacceptableFieldError if the expiry is in the past, invalid, or later than the latest allowed expiry */
export function requireAcceptable(expiresAt: Date | undefined, latest: Date | undefined, now: Date): void {
  if (expiresAt !== undefined && !(expiresAt.getTime() > now.getTime())) {
    throw new UnacceptableFieldError('/expiresAt', 'must be in the future');
  }
  if (latest !== undefined && (expiresAt === undefined || expiresAt.getTime() > latest.getTime())) {
    throw new UnacceptableFieldError('/expiresAt', `must be no later than ${latest.toISOString()}`);
  }
}

/** @throws UnacceptableFieldError unless the grace period is a whole number of seconds, at most 7 days */
export function requireGrace(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_GRACE_SECONDS) {
    throw new UnacceptableFieldError(
      '/gracePeriodSeconds',
      `must be a whole number of seconds from 0 to ${MAX_GRACE_SECONDS}`,
    );
  }
}

/**
 * Returns the latest expiry that a caller may set, or `undefined` if there is no limit.
 *
 * @param maxTtlDays the option `tokens.maxTtlDays`, from which some callers are exempt
 * @param policyDays the maximum lifetime by policies, in days, for every caller; `Infinity` for no maximum
 */
export function latestExpiry(
  caller: Caller,
  maxTtlDays: number | undefined,
  policyDays: number,
  now: Date,
): Date | undefined {
  const days = Math.min(policyDays, (caller.boundByMaxTtl ? maxTtlDays : undefined) ?? Infinity);
  return days === Infinity ? undefined : new Date(now.getTime() + days * DAY_MS);
}
