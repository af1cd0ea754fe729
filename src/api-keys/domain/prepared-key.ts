import { type Allowlist, readAllowlist } from './allowed-ips';
import type { ApiKey, KeySecret, VerifiedKey } from './api-key';
import { type PolicyIds, policyIdsOf, type PolicyState, scopesAllowedBy } from './policy-state';
import { digestOfHex, isSameDigest } from './token/token-digest';

interface PreparedSecret {
  readonly secret: KeySecret;
  readonly digest: string;
}

/** Requires every part, so that a part added to the record cannot be forgotten here. */
type AllParts<T> = { readonly [Name in keyof Required<T>]: T[Name] };

/**
 * A record prepared for decisions: values that every decision needs are computed once. The record is frozen, so that one
 * request cannot change the decision about the next.
 */
export interface PreparedKey extends PolicyIds {
  readonly id: string;
  readonly key: VerifiedKey;
  readonly secrets: readonly PreparedSecret[];
  readonly allowlist: Allowlist;
  /** Whether a decision may depend on the time: the key expires or one of its secrets retires. */
  readonly isTimed: boolean;
}

/** Prepares a record for decisions and freezes it. Keeps only the parts that decisions and their responses use. */
export function prepareKey(record: ApiKey): PreparedKey {
  const { secrets } = record;
  const key = verifiedKeyOf(record);
  for (const part of [
    key.scopes,
    key.allowedIps,
    key.metadata,
    ...secrets,
    ...key.rateLimits,
    key.rateLimits,
    key,
  ]) {
    Object.freeze(part);
  }
  return {
    id: key.id,
    key,
    secrets: secrets.map((secret) => ({ secret, digest: digestOfHex(secret.hash) })),
    allowlist: readAllowlist(key.allowedIps),
    isTimed: key.expiresAt !== undefined || secrets.some(({ retiresAt }) => retiresAt !== undefined),
    ...policyIdsOf(key),
  };
}

/** Returns the key with only the scopes that all policies allow. */
export function narrowKey(prepared: PreparedKey, policies: readonly PolicyState[]): PreparedKey {
  return withScopes(prepared, scopesAllowedBy(policies, prepared.key.scopes));
}

/** Returns the key with these scopes; the same key if it has exactly this list. */
export function withScopes(prepared: PreparedKey, scopes: readonly string[]): PreparedKey {
  if (scopes === prepared.key.scopes) return prepared;
  return { ...prepared, key: Object.freeze(verifiedKeyOf({ ...prepared.key, scopes })) };
}

/** Copies the parts in a fixed order, so that all keys have the same hidden class and decisions stay fast. */
function verifiedKeyOf(record: VerifiedKey): VerifiedKey {
  const key: AllParts<VerifiedKey> = {
    id: record.id,
    name: record.name,
    ownerId: record.ownerId,
    scopes: record.scopes,
    orgId: record.orgId,
    projectId: record.projectId,
    externalId: record.externalId,
    allowedIps: record.allowedIps,
    rateLimits: record.rateLimits,
    metadata: record.metadata,
    enabled: record.enabled,
    expiresAt: record.expiresAt,
    revokedAt: record.revokedAt,
    version: record.version,
  };
  return key;
}

/**
 * Returns the secret with the presented digest. Compares every secret in constant time, so that response time does not
 * reveal which one matches.
 */
export function findSecret({ secrets }: PreparedKey, digest: string): KeySecret | undefined {
  let found: KeySecret | undefined;
  for (const candidate of secrets) if (isSameDigest(candidate.digest, digest)) found = candidate.secret;
  return found;
}
