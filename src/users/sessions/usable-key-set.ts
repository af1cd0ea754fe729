import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';

const KEY_TYPES: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);

/** The shortest RSA modulus that may verify a signature (RFC 7518 section 3.3). */
const MIN_RSA_BITS = 2048;

/**
 * Returns the keys of a set that can verify a signature, each once: `jose` accepts no signature that two keys fit. RFC 7517
 * section 5 asks to ignore the others: one broken key does not make an issuer unavailable.
 *
 * @throws Error if the document is not a key set
 */
export function usableKeySet({ keys }: Readonly<Record<string, unknown>>): JSONWebKeySet {
  if (!Array.isArray(keys)) throw new Error('the key set has no list of keys');
  const byIdentity = new Map<string, JWK>();
  for (const key of keys.filter(isUsable)) {
    const identity = identityOf(key);
    const former = byIdentity.get(identity);
    byIdentity.set(identity, former === undefined || former.alg === key.alg ? key : withoutAlgorithm(key));
  }
  return { keys: [...byIdentity.values()] };
}

/** What makes two entries the same key: its material (RFC 7638 section 3.2) and its id. */
function identityOf({ kty, crv, x, y, n, e, kid }: JWK): string {
  return JSON.stringify([kty, crv, x, y, n, e, kid]);
}

/** Entries that name different algorithms are one key that serves each of them. */
function withoutAlgorithm({ alg: _alg, ...key }: JWK): JWK {
  return key;
}

function isUsable(key: unknown): key is JWK {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, use, key_ops: operations, d } = key as JsonWebKey & { readonly key_ops?: unknown };
  // A published private key is anyone's: nothing that it signed proves anything.
  if (!KEY_TYPES.has(kty) || (use !== undefined && use !== 'sig') || d !== undefined) return false;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return false;
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
    return (asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS) >= MIN_RSA_BITS;
  } catch {
    return false;
  }
}
