import type { PolicyState } from '../domain/policy-state';
import type { PreparedKey } from '../domain/prepared-key';

/**
 * Upper bounds, in bytes, of what V8 allocates on 64-bit platforms without pointer compression. `npm run bench -- heap` and
 * the spec compare them with the heap.
 */
const BYTES = {
  /** A prepared key without its variable parts, including its slot in the cache. */
  key: 760,
  /** A string without its characters, including the slot that refers to it. */
  text: 40,
  character: 2,
  secret: 560,
  /** A parsed allowlist entry. */
  address: 400,
  /** An entry of metadata, which may need a hidden class or a slot in a hash table. */
  metadata: 200,
  number: 16,
  /** A rate limit without its name. */
  limit: 160,
  /** The state of an owner, including its slot in the cache. */
  owner: 320,
  /** The state of a policy without its variable parts, including its slot in the cache. */
  policy: 480,
  rateLimit: 120,
  /** The scopes of a narrowed key without their texts, including its slot in the cache. */
  narrowed: 480,
  reference: 8,
} as const;

/** Returns the maximum number of heap bytes of a cached key. */
export function weightOfKey({ key, secrets, orgPolicy, ownerPolicy }: PreparedKey): number {
  let bytes = BYTES.key + secrets.length * BYTES.secret + textsOf(orgPolicy, ownerPolicy);
  bytes += textsOf(key.id, key.name, key.ownerId, key.orgId, key.projectId, key.externalId);
  bytes += textsOf(...key.scopes, ...key.allowedIps);
  bytes += key.allowedIps.length * BYTES.address;
  for (const { name } of key.rateLimits) bytes += BYTES.limit + textsOf(name);
  for (const [name, value] of Object.entries(key.metadata)) {
    bytes += BYTES.metadata + textsOf(name) + (typeof value === 'string' ? textsOf(value) : BYTES.number);
  }
  return bytes;
}

/** Returns the maximum number of heap bytes of the cached state of an owner. */
export function weightOfOwner({ id }: { readonly id: string }): number {
  return BYTES.owner + textsOf(id);
}

/** Returns the maximum number of heap bytes of the cached state of a policy. */
export function weightOfPolicy({ id, rateLimits, allowedScopes = [] }: PolicyState): number {
  return (
    BYTES.policy +
    rateLimits.length * BYTES.rateLimit +
    textsOf(id, ...rateLimits.map(({ name }) => name), ...allowedScopes)
  );
}

/** The scopes of a key that policies narrow, and what they were computed from. */
export interface NarrowedScopes {
  readonly scopes: readonly string[];
  readonly policies: readonly PolicyState[];
  readonly allowed: readonly string[];
}

/** Returns the maximum number of heap bytes of narrowed scopes, even if neither the key nor a policy is cached any more. */
export function weightOfNarrowed({ scopes, policies, allowed }: NarrowedScopes): number {
  return (
    BYTES.narrowed +
    textsOf(...scopes) +
    policies.reduce((sum, policy) => sum + weightOfPolicy(policy), 0) +
    allowed.length * BYTES.reference
  );
}

function textsOf(...texts: readonly (string | undefined)[]): number {
  return texts.reduce(
    (sum, text) => (text === undefined ? sum : sum + BYTES.text + text.length * BYTES.character),
    0,
  );
}
