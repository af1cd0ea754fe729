import { type Allowlist, readAllowlist } from './allowed-ips';
import type { ApiKey, KeySecret } from './api-key';
import { digestOfHex, isSameDigest } from './token-digest';

interface PreparedSecret {
  readonly secret: KeySecret;
  readonly digest: string;
}

/**
 * A record made ready for decisions: what each of them would compute anew is computed once. The record is frozen, so
 * that one request cannot change what the next is decided by.
 */
export interface PreparedKey {
  readonly id: string;
  readonly key: ApiKey;
  readonly secrets: readonly PreparedSecret[];
  readonly allowlist: Allowlist;
  /** Whether the answer may depend on the time: an end is set to the key or to one of its secrets. */
  readonly isTimed: boolean;
}

/** Makes a record ready for decisions, and freezes it. */
export function prepareKey(key: ApiKey): PreparedKey {
  for (const part of [
    key.scopes,
    key.allowedIps,
    key.metadata,
    key.secrets,
    ...key.secrets,
    key.rateLimit,
    key,
  ]) {
    Object.freeze(part);
  }
  return {
    id: key.id,
    key,
    secrets: key.secrets.map((secret) => ({ secret, digest: digestOfHex(secret.hash) })),
    allowlist: readAllowlist(key.allowedIps),
    isTimed: key.expiresAt !== undefined || key.secrets.some(({ retiresAt }) => retiresAt !== undefined),
  };
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
