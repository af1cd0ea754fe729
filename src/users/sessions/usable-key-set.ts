import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';

const KEY_TYPES: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);

/** Minimum length of an RSA modulus (RFC 7518 section 3.3). */
const MIN_RSA_BITS = 2048;

/**
 * Returns the keys of a set that can verify a signature, each once, because `jose` rejects signatures that match two keys.
 * Ignores all others (RFC 7517 section 5), so that one broken key does not make an issuer unavailable.
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

/** Returns the identity of a key: its key material (RFC 7638 section 3.2) and its id. */
function identityOf({ kty, crv, x, y, n, e, kid }: JWK): string {
  return JSON.stringify([kty, crv, x, y, n, e, kid]);
}

/** Removes the algorithm of a key, because entries that differ only in the algorithm are the same key. */
function withoutAlgorithm({ alg: _alg, ...key }: JWK): JWK {
  return key;
}

function isUsable(key: unknown): key is JWK {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, use, key_ops: operations, d } = key as JsonWebKey & { readonly key_ops?: unknown };
  // Anyone can sign with a published private key.
  if (!KEY_TYPES.has(kty) || (use !== undefined && use !== 'sig') || d !== undefined) return false;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return false;
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
    return (asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS) >= MIN_RSA_BITS;
  } catch {
    return false;
  }
}
