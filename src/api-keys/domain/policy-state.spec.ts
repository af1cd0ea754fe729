import {
  isSuspendedBy,
  noPolicy,
  type PolicyId,
  type PolicyState,
  policyIdsOf,
  sharedLimitsOf,
} from './policy-state';

const policy = (id: PolicyId, rules: Partial<PolicyState> = {}): PolicyState => ({
  ...noPolicy(id),
  exists: true,
  ...rules,
});
const limits = [{ name: 'total', limit: 10, windowSeconds: 60 }];

describe('the policies of a key', () => {
  it.each([
    [{}, { orgPolicy: undefined, ownerPolicy: undefined }],
    [{ orgId: 'acme' }, { orgPolicy: 'org:acme', ownerPolicy: undefined }],
    [
      { orgId: 'default', ownerId: 'org:acme' },
      { orgPolicy: 'org:default', ownerPolicy: 'owner:org:acme' },
    ],
  ])('of %j are %j', (key, ids) => {
    expect(policyIdsOf(key)).toEqual(ids);
  });

  it('suspend it if one of them does, except the default policy', () => {
    const suspended = { suspended: true };
    expect(isSuspendedBy([])).toBe(false);
    expect(isSuspendedBy([policy('default', suspended), policy('owner:ann')])).toBe(false);
    expect(isSuspendedBy([policy('org:acme', suspended), policy('owner:ann')])).toBe(true);
    expect(isSuspendedBy([policy('org:acme'), policy('owner:ann', suspended)])).toBe(true);
  });
});

describe('the limits that a key shares', () => {
  it('are those of its organisation and of its owner', () => {
    const applied = [policy('org:acme', { rateLimits: limits }), policy('owner:ann', { rateLimits: limits })];
    expect(sharedLimitsOf({ orgId: 'acme', ownerId: 'ann' }, applied)).toEqual([
      { kind: 'org', id: 'acme', limits },
      { kind: 'owner', id: 'ann', limits },
    ]);
  });

  it('are counted for its organisation if they come from the default policy', () => {
    const applied = [policy('default', { rateLimits: limits })];
    expect(sharedLimitsOf({ orgId: 'globex', ownerId: 'ann' }, applied)).toEqual([
      { kind: 'org', id: 'globex', limits },
    ]);
  });

  it('do not include policies without limits', () => {
    expect(sharedLimitsOf({ orgId: 'acme' }, [policy('org:acme')])).toEqual([]);
  });
});
