import * as fc from 'fast-check';
import type { ApiKey, Grant } from './api-key';
import { callerOf, exceededBy } from './caller';
import { decide, storedState } from './decision';
import { isWidening } from './delegation';
import { composeGrant, type GrantRequest } from './grant-request';
import { applyPatch, type KeyPatch } from './key-patch';
import { isSuspendedBy, policyIdsOf, noPolicy, type PolicyId, type PolicyState } from './policy-state';
import { narrowKey, prepareKey } from './prepared-key';
import { digestOfHex } from './token/token-digest';
import { isVisible } from './visibility';

const HASH = 'c0'.repeat(32);
const NOW = new Date('2027-01-01T00:00:00Z');
const ASKED = ['memory:read', 'memory:write', 'memory', 'notes:read', 'api-keys:write'];

const keyOf = (grant: Grant): ApiKey => ({
  ...grant,
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'key',
  createdBy: 'cli',
  metadata: {},
  enabled: true,
  secrets: [{ hash: HASH, createdAt: NOW }],
  version: 1,
  createdAt: NOW,
  updatedAt: NOW,
});

/** The stored keys and policies. */
interface World {
  readonly keys: readonly ApiKey[];
  readonly policies: ReadonlyMap<PolicyId, PolicyState>;
}

const lists = fc.subarray(['*', 'memory:*', 'memory:read', 'memory:write', 'notes:read'], { maxLength: 3 });
const orgIds = fc.constantFrom('acme', 'globex', null);
const ownerIds = fc.constantFrom('ann', 'bob', null);
const someone = fc.nat({ max: 9 });
const binding = fc.record({ orgId: orgIds, ownerId: ownerIds }, { requiredKeys: [] });
const creations = fc.record({
  caller: someone,
  create: fc.tuple(lists, binding).map(([scopes, bound]): GrantRequest => Object.assign({ scopes }, bound)),
});
const patches = fc.oneof(
  fc.record({ scopes: lists }),
  fc.record({ enabled: fc.boolean() }),
  fc.record({ orgId: orgIds }),
);
const changes = fc.record({
  caller: someone,
  target: someone,
  patch: patches.map((patch): KeyPatch => patch),
});
const policies = fc.record({
  policy: fc.constantFrom<PolicyId>('org:acme', 'org:globex', 'owner:ann', 'default'),
  rules: fc.option(
    fc.record({ suspended: fc.boolean(), allowedScopes: fc.option(lists, { nil: undefined }) }),
    {
      nil: undefined,
    },
  ),
});
const steps = fc.array(fc.oneof(creations, changes, policies), { minLength: 1, maxLength: 20, size: 'max' });
type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never;

/** Returns the policies that apply to a key. */
function policiesOf(key: ApiKey, { policies: stored }: World): readonly PolicyState[] {
  const { orgPolicy, ownerPolicy } = policyIdsOf(key);
  const ofOrg = orgPolicy && (stored.get(orgPolicy) ?? stored.get('default'));
  return [ofOrg, ownerPolicy && stored.get(ownerPolicy)].filter((policy) => policy !== undefined);
}

/** Returns the scopes of {@link ASKED} that a key can use, in the organisation that it is bound to. */
function usable(key: ApiKey, applied: readonly PolicyState[]): readonly string[] {
  const stored = storedState(prepareKey(key), true, applied);
  return ASKED.filter((scope) => {
    const requirement = {
      scopes: { allOf: [scope], anyOf: [] },
      tenant: undefined,
      clientAddress: undefined,
    };
    return decide(digestOfHex(HASH), stored, requirement, NOW).code === 'VALID';
  });
}

/** Returns the world after one step of the service; unchanged if it rejects the step. */
function take(world: World, step: Step): World {
  if ('policy' in step) {
    const changed = new Map(world.policies);
    if (step.rules === undefined) changed.delete(step.policy);
    else changed.set(step.policy, { ...noPolicy(step.policy), exists: true, ...step.rules });
    return { ...world, policies: changed };
  }
  const presented = at(world, step.caller);
  const applied = policiesOf(presented, world);
  if (!presented.enabled || isSuspendedBy(applied)) return world;
  const caller = callerOf(narrowKey(prepareKey(presented), applied).key);
  if ('create' in step) {
    const grant = composeGrant(caller.grant, step.create, undefined);
    return exceededBy(caller, grant).length > 0 ? world : { ...world, keys: [...world.keys, keyOf(grant)] };
  }
  const before = at(world, step.target);
  const after = applyPatch(before, step.patch).key;
  const refused =
    !isVisible(caller.grant, before) || (isWidening(before, after) && exceededBy(caller, after).length > 0);
  return refused ? world : { ...world, keys: world.keys.map((key) => (key === before ? after : key)) };
}

function at({ keys }: World, index: number): ApiKey {
  const key = keys[index % keys.length];
  if (key === undefined) throw new RangeError('no keys');
  return key;
}

describe('a chain of creations and changes by keys, and of changes of policies', () => {
  const roots = fc.array(
    fc.tuple(lists, binding).map(([scopes, { orgId, ownerId }]) =>
      keyOf({
        scopes,
        allowedIps: [],
        rateLimits: [],
        orgId: orgId ?? undefined,
        ownerId: ownerId ?? undefined,
      }),
    ),
    { minLength: 1, maxLength: 3 },
  );

  it('gives a key nothing, even after all policies are deleted, that its giver could not use [T130]', () => {
    fc.assert(
      fc.property(roots, steps, (keys, chain) => {
        let world: World = { keys, policies: new Map() };
        for (const step of chain) {
          const next = take(world, step);
          for (const [index, key] of next.keys.entries()) {
            const before = world.keys[index];
            if (key === before || 'policy' in step) continue;
            const giver = at(world, step.caller);
            const had = before === undefined ? [] : usable(before, []);
            const gained = usable(key, []).filter((scope) => !had.includes(scope));
            const able = usable(giver, policiesOf(giver, world));
            expect(gained.filter((scope) => !able.includes(scope))).toEqual([]);
          }
          world = next;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves each key at most the scopes of its record and of each of its policies', () => {
    fc.assert(
      fc.property(roots, steps, (keys, chain) => {
        const world = chain.reduce(take, { keys, policies: new Map() });
        for (const key of world.keys) {
          const applied = policiesOf(key, world);
          const limits = applied.flatMap(({ allowedScopes }) =>
            allowedScopes === undefined ? [] : [allowedScopes],
          );
          const allowed = limits.reduce(
            (left, scopes) =>
              left.filter((scope) =>
                usable(keyOf({ scopes, allowedIps: [], rateLimits: [] }), []).includes(scope),
              ),
            usable(key, []),
          );
          expect(usable(key, applied)).toEqual(isSuspendedBy(applied) ? [] : allowed);
        }
      }),
      { numRuns: 500 },
    );
  });
});
