import * as fc from 'fast-check';
import { FULL_RULES, nextPolicy } from '../../../test/support/policy-fixtures';
import { isPolicyId, NO_RULES, patchedRules, policyEventOf, stateOf, subjectOf } from './policy';
import { changedPolicy } from './policy-change';

describe('the id of a policy', () => {
  it.each([
    'default',
    'org:acme',
    'org:a:b',
    'org:default',
    `org:${'a'.repeat(128)}`,
    'owner:01jd',
    'owner:a|b',
  ])('can be %s', (id) => expect(isPolicyId(id)).toBe(true));

  it.each([
    '',
    'org:',
    'owner:',
    'Default',
    'default ',
    'acme',
    'org:a b',
    'ORG:acme',
    'org:\u0000',
    'owner:é',
  ])('cannot be %j', (id) => expect(isPolicyId(id)).toBe(false));

  it.each(['project:acme', `org:${'a'.repeat(129)}`, '#hb:1'])('cannot be %s', (id) =>
    expect(isPolicyId(id)).toBe(false),
  );

  it('names the organisation or the owner', () => {
    expect([subjectOf('org:owner:a'), subjectOf('owner:org:a'), subjectOf('default')]).toEqual([
      { orgId: 'owner:a' },
      { ownerId: 'org:a' },
      {},
    ]);
  });
});

describe('the event of a policy', () => {
  it('has an id that cursors and headers can carry, different for each policy and version', () => {
    const ids = ['org:acme', 'org:ACME', 'owner:acme', `org:${'@'.repeat(128)}`, 'default'] as const;
    const events = ids.flatMap((id) => {
      const first = nextPolicy(id, null, { ...FULL_RULES, status: 'active' });
      return [policyEventOf(first), policyEventOf(nextPolicy(id, first, null))];
    });
    for (const { id } of events) expect(id).toMatch(/^policy-[0-9a-f]{40}-[12]$/);
    expect(new Set(events.map(({ id }) => id)).size).toBe(10);
  });

  it('contains the names of the changed rules, and no value', () => {
    const event = policyEventOf(nextPolicy('org:acme', null, FULL_RULES));
    expect(event).toMatchObject({ type: 'policy.suspended', orgId: 'acme', policyId: 'org:acme' });
    expect(JSON.stringify(event)).not.toMatch(/unpaid|memory|per-minute/);
  });
});

describe('a change of a policy', () => {
  it('of the status without a reason removes the former reason', () => {
    expect(patchedRules(FULL_RULES, { status: 'active' }).reason).toBeUndefined();
    expect(patchedRules(FULL_RULES, { status: 'active', reason: 'paid' }).reason).toBe('paid');
    expect(patchedRules(FULL_RULES, { status: 'suspended' }).reason).toBe('unpaid');
    expect(patchedRules(FULL_RULES, { maxKeys: 1 }).reason).toBe('unpaid');
  });

  it('with null removes a rule, and an omitted rule stays', () => {
    expect(patchedRules(FULL_RULES, { rateLimits: null, allowedScopes: null })).toEqual({
      ...FULL_RULES,
      rateLimits: [],
      allowedScopes: undefined,
    });
  });

  it('that changes nothing makes no new version', () => {
    const first = nextPolicy('org:acme', null, FULL_RULES);
    const change = { id: 'org:acme', stored: first, rules: FULL_RULES, by: 'cli' } as const;
    expect(changedPolicy(change, new Date())).toBeUndefined();
    const { id } = change;
    const gone = nextPolicy(id, first, null);
    expect(changedPolicy({ ...change, stored: gone, rules: null }, new Date())).toBeUndefined();
    expect(changedPolicy({ ...change, stored: null, rules: NO_RULES }, new Date())).toMatchObject({
      version: 1,
    });
  });

  it('never leaves a status that is not exactly "active" without a suspension', () => {
    fc.assert(
      fc.property(fc.string(), (status) => {
        const stored = { ...nextPolicy('org:acme', null, FULL_RULES), status: status as 'active' };
        expect(stateOf('org:acme', stored).suspended).toBe(status !== 'active');
      }),
    );
  });
});
