import { timingSafeEqual } from 'node:crypto';
import { type Allowlist, readAllowlist } from './allowed-ips';
import type { ApiKey, KeySecret } from './api-key';

const HASH_LENGTH = 64;
const presentedHash = Buffer.alloc(HASH_LENGTH);

interface PreparedSecret {
  readonly secret: KeySecret;
  readonly hash: Buffer;
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
    secrets: key.secrets.map((secret) => ({ secret, hash: Buffer.from(secret.hash, 'latin1') })),
    allowlist: readAllowlist(key.allowedIps),
  };
}

/**
 * The secret whose hash is the presented one. Every hash is compared, each in constant time, so that the time
 * taken tells nothing about which one matched.
 *
 * @param hash SHA-256 in lower-case hex
 */
export function findSecret({ secrets }: PreparedKey, hash: string): KeySecret | undefined {
  if (hash.length !== HASH_LENGTH) return undefined;
  presentedHash.write(hash, 'latin1');
  let found: KeySecret | undefined;
  for (const candidate of secrets) {
    if (candidate.hash.length === HASH_LENGTH && timingSafeEqual(candidate.hash, presentedHash)) {
      found = candidate.secret;
    }
  }
  return found;
}
