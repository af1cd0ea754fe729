import { type Allowlist, readAllowlist } from './allowed-ips';
import type { ApiKey, KeySecret, VerifiedKey } from './api-key';
import { digestOfHex, isSameDigest } from './token/token-digest';

interface PreparedSecret {
  readonly secret: KeySecret;
  readonly digest: string;
}

/** Every part, so that a part added to the record cannot be forgotten here. */
type AllParts<T> = { readonly [Name in keyof Required<T>]: T[Name] };

/**
 * A record made ready for decisions: what each of them would compute anew is computed once. The record is frozen, so
 * that one request cannot change what the next is decided by.
 */
export interface PreparedKey {
  readonly id: string;
  readonly key: VerifiedKey;
  readonly secrets: readonly PreparedSecret[];
  readonly allowlist: Allowlist;
  /** Whether the answer may depend on the time: an end is set to the key or to one of its secrets. */
  readonly isTimed: boolean;
}

/** Makes a record ready for decisions, and freezes it. Keeps only what a decision and its answer need. */
export function prepareKey(record: ApiKey): PreparedKey {
  const { secrets } = record;
  const key = verifiedKeyOf(record);
  for (const part of [key.scopes, key.allowedIps, key.metadata, ...secrets, key.rateLimit, key]) {
    Object.freeze(part);
  }
  return {
    id: key.id,
    key,
    secrets: secrets.map((secret) => ({ secret, digest: digestOfHex(secret.hash) })),
    allowlist: readAllowlist(key.allowedIps),
    isTimed: key.expiresAt !== undefined || secrets.some(({ retiresAt }) => retiresAt !== undefined),
  };
}

/** In one order, so that all keys have one hidden class and decisions stay fast. */
function verifiedKeyOf(record: ApiKey): VerifiedKey {
  const key: AllParts<VerifiedKey> = {
    id: record.id,
    name: record.name,
    ownerId: record.ownerId,
    scopes: record.scopes,
    orgId: record.orgId,
    projectId: record.projectId,
    externalId: record.externalId,
    allowedIps: record.allowedIps,
    rateLimit: record.rateLimit,
    metadata: record.metadata,
    enabled: record.enabled,
    expiresAt: record.expiresAt,
    revokedAt: record.revokedAt,
    version: record.version,
  };
  return key;
}

/**
 * The secret whose digest is the presented one. Every secret is compared, each in constant time, so that the time
 * taken tells nothing about which one matched.
 */
export function findSecret({ secrets }: PreparedKey, digest: string): KeySecret | undefined {
  let found: KeySecret | undefined;
  for (const candidate of secrets) if (isSameDigest(candidate.digest, digest)) found = candidate.secret;
  return found;
}
