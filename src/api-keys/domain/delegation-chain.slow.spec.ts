import * as fc from 'fast-check';
import type { ApiKey, Grant } from './api-key';
import { decide, storedState } from './decision';
import { exceededFields, isWidening } from './delegation';
import { composeGrant, type GrantRequest } from './grant-request';
import { applyPatch, type KeyPatch } from './key-patch';
import { type PreparedKey, prepareKey } from './prepared-key';
import type { RateLimit } from './rate-limit';
import { digestOfHex } from './token/token-digest';
import { isVisible, type Viewpoint } from './visibility';

const HASH = 'c0'.repeat(32);
const day = (number: number): Date => new Date(Date.UTC(2027, 0, number));

const keyOf = (grant: Grant, enabled = true): ApiKey => ({
  ...grant,
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'key',
  createdBy: 'cli',
  metadata: {},
  enabled,
  secrets: [{ hash: HASH, createdAt: day(1) }],
  version: 1,
  createdAt: day(1),
  updatedAt: day(1),
});

// The values in requests: few enough that grants often overlap.
const scopes = fc.subarray(['*', 'memory:*', 'memory:read', 'memory:write', 'memory', 'notes:read'], {
  maxLength: 2,
});
const wishes: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  orgId: fc.constantFrom('acme', 'globex'),
  projectId: fc.constantFrom('apollo', 'hermes'),
  ownerId: fc.constantFrom('ada', 'bob'),
  allowedIps: fc.constantFrom(['10.0.0.0/8'], ['10.0.0.0/16'], ['10.0.0.7', '::/0'], []),
  rateLimits: fc.array(
    fc.record({
      name: fc.constantFrom('one', 'two'),
      limit: fc.constantFrom(1, 10),
      windowSeconds: fc.constantFrom(1, 60),
    }),
    { maxLength: 2 },
  ),
  expiresAt: fc.constantFrom(day(10), day(20), day(30)),
};
/** At most two of the optional parts, because requests with many parts are mostly rejected. */
const fewWishes = fc.subarray(Object.keys(wishes), { maxLength: 2 }).chain((fields) => {
  const chosen = fields.map((field) => [field, fc.option(wishes[field] ?? fc.constant(null), { nil: null })]);
  return fc.record(Object.fromEntries(chosen) as Record<string, fc.Arbitrary<unknown>>);
});
const requests: fc.Arbitrary<GrantRequest> = fc
  .tuple(fc.record({ scopes }), fewWishes)
  .map(([wanted, parts]) => Object.assign(wanted, parts));
const patches: fc.Arbitrary<KeyPatch> = fc.oneof(
  fc.record({ enabled: fc.boolean() }),
  fc.record({ scopes }),
  fewWishes,
  requests,
);
const someone = fc.nat({ max: 20 });
const creations = fc.record({ caller: someone, request: requests, enabled: fc.boolean() });
const changes = fc.record({ caller: someone, target: someone, patch: patches });
const chains = fc.array(fc.oneof(creations, changes), { minLength: 1, maxLength: 20, size: 'max' });
type Step = typeof chains extends fc.Arbitrary<(infer T)[]> ? T : never;
const roots = fc
  .record(wishes, { requiredKeys: [] })
  .map((parts): Grant =>
    Object.assign({ scopes: ['memory:*', 'notes:read'], allowedIps: [], rateLimits: [] }, parts),
  );

// Whether a key allows one certain use. Probes try it, and do not compare grants.
type Probe = (key: ApiKey) => boolean;
const asked = ['memory:read', 'memory:write', 'memory', 'notes:read', 'notes:write'].flatMap((scope) =>
  [
    {},
    { orgId: 'acme' },
    { orgId: 'globex', projectId: 'apollo' },
    { orgId: 'acme', projectId: 'hermes' },
  ].flatMap((tenant) =>
    [undefined, '10.0.0.7', '10.0.0.8', '10.1.0.1', '203.0.113.7', '2001:db8::1'].flatMap((clientAddress) =>
      [day(9), day(10), day(20), day(40)].map((now) => ({ scope, tenant, clientAddress, now })),
    ),
  ),
);
const digest = digestOfHex(HASH);
const preparedKeys = new WeakMap<ApiKey, PreparedKey>();
/** Prepares each key once, as the service does, because hundreds of probes use it. */
function preparedOf(key: ApiKey): PreparedKey {
  const prepared = preparedKeys.get(key) ?? prepareKey(key);
  preparedKeys.set(key, prepared);
  return prepared;
}
const uses = asked.map(({ scope, tenant, clientAddress, now }): Probe => {
  const requirement = { scopes: { allOf: [scope], anyOf: [] }, tenant, clientAddress };
  return (key) => {
    return decide(digest, storedState(preparedOf(key)), requirement, now).code === 'VALID';
  };
});
const sights = [undefined, 'ada', 'bob'].flatMap((ownerId) =>
  [
    {},
    { orgId: 'acme' },
    { orgId: 'globex', projectId: 'apollo' },
    { orgId: 'acme', projectId: 'hermes' },
  ].map((binding): Probe => {
    const other: Viewpoint = { ...binding, ownerId };
    return (key) => key.enabled && isVisible(key, other);
  }),
);
const most = ({ limit, windowSeconds }: RateLimit, seconds: number): number =>
  Math.ceil(seconds / windowSeconds) * limit;
const bursts = [1, 2, 60, 61].flatMap((seconds) =>
  [2, 11, 61, 601].map(
    (requestCount): Probe =>
      ({ enabled, rateLimits }) =>
        enabled && rateLimits.every((limit) => most(limit, seconds) >= requestCount),
  ),
);
const probes = [...uses, ...sights, ...bursts];

/** Returns the keys after one step of the service; unchanged if it rejects the step. */
function take(keys: readonly ApiKey[], step: Step): readonly ApiKey[] {
  const caller = at(keys, step.caller);
  if ('request' in step) {
    const grant = composeGrant(caller, step.request, undefined);
    return exceededFields(caller, grant).length > 0 ? keys : [...keys, keyOf(grant, step.enabled)];
  }
  const before = at(keys, step.target);
  const after = applyPatch(before, step.patch).key;
  const refused =
    !isVisible(caller, before) || (isWidening(before, after) && exceededFields(caller, after).length > 0);
  return refused ? keys : keys.map((key) => (key === before ? after : key));
}

function at(keys: readonly ApiKey[], index: number): ApiKey {
  const key = keys[index % keys.length];
  if (key === undefined) throw new RangeError('no keys');
  return key;
}

describe('a chain of creations and changes by keys', () => {
  it('gives no key more authority than the first key had [T12]', () => {
    fc.assert(
      fc.property(roots, chains, (root, chain) => {
        const barred = probes.filter((probe) => !probe(keyOf(root)));
        const keys = chain.reduce(take, [keyOf(root)]);
        const strays = keys.map((key) => barred.filter((probe) => probe(key)).length);
        expect(strays).toEqual(keys.map(() => 0));
      }),
      { numRuns: 300 },
    );
  });

  it('gives a key at each step only authority that the caller has at that moment', () => {
    const samples = fc.subarray(probes, { minLength: 120, maxLength: 120 });
    fc.assert(
      fc.property(roots, chains, samples, (root, chain, sample) => {
        let keys: readonly ApiKey[] = [keyOf(root)];
        for (const step of chain) {
          const caller = { ...at(keys, step.caller), enabled: true };
          const next = take(keys, step);
          const gained = next.flatMap((key, index) =>
            key === keys[index]
              ? []
              : sample.filter((probe) => probe(key) && !keys.slice(index, index + 1).some(probe)),
          );
          expect(gained.filter((probe) => !probe(caller))).toEqual([]);
          keys = next;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('covering grants', () => {
  it('is reflexive and transitive', () => {
    fc.assert(
      fc.property(roots, requests, requests, (one, second, third) => {
        const two = composeGrant(one, second, undefined);
        const three = composeGrant(two, third, undefined);
        const chain = exceededFields(one, two).length + exceededFields(two, three).length === 0;
        expect(exceededFields(one, one)).toEqual([]);
        expect(chain && exceededFields(one, three).length > 0).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
