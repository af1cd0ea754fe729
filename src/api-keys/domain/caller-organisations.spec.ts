import { type Caller, exceededBy, inheritedFrom, rootCaller } from './caller';

const ANY = { scopes: [], allowedIps: [], rateLimits: [] };

function memberOf(...orgIds: readonly string[]): Caller {
  return { ...rootCaller('user:ada'), orgIds };
}

describe('a member of organisations', () => {
  it.each([
    ['can bind a key to one of them', ['acme', 'initech'], 'initech', []],
    ['cannot bind a key to another organisation', ['acme', 'initech'], 'globex', ['orgId']],
    ['cannot create a key without an organisation', ['acme'], undefined, ['orgId']],
    ['cannot bind a key as a member of none', [], 'acme', ['orgId']],
  ])('%s', (_what, orgIds, orgId, exceeded) => {
    expect(exceededBy(memberOf(...orgIds), { ...ANY, orgId })).toEqual(exceeded);
  });

  it('gets orgId only once as an exceeded field, even if the grant and the organisations forbid it', () => {
    const caller = { ...memberOf('acme'), grant: { ...ANY, orgId: 'acme' } };
    expect(exceededBy(caller, { ...ANY, orgId: 'globex' })).toEqual(['orgId']);
  });

  it('gives its organisation to a new key if it belongs to exactly one', () => {
    expect(inheritedFrom(memberOf('acme')).orgId).toBe('acme');
    expect(inheritedFrom(memberOf('acme', 'globex')).orgId).toBeUndefined();
    expect(inheritedFrom(memberOf()).orgId).toBeUndefined();
    expect(inheritedFrom(rootCaller('cli')).orgId).toBeUndefined();
  });
});
