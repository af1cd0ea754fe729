import { type Caller, exceededBy, inheritedFrom, rootCaller } from './caller';

const ANY = { scopes: [], allowedIps: [] };

function memberOf(...orgIds: readonly string[]): Caller {
  return { ...rootCaller('user:ada'), orgIds };
}

describe('someone who belongs to organisations', () => {
  it.each([
    ['one of them', ['acme', 'initech'], 'initech', []],
    ['another', ['acme', 'initech'], 'globex', ['orgId']],
    ['none', ['acme'], undefined, ['orgId']],
    ['the organisation of nobody', [], 'acme', ['orgId']],
  ])('gives a key bound to %s', (_what, orgIds, orgId, exceeded) => {
    expect(exceededBy(memberOf(...orgIds), { ...ANY, orgId })).toEqual(exceeded);
  });

  it('is told once where the grant is exceeded in the organisation already', () => {
    const caller = { ...memberOf('acme'), grant: { ...ANY, orgId: 'acme' } };
    expect(exceededBy(caller, { ...ANY, orgId: 'globex' })).toEqual(['orgId']);
  });

  it('hands down the only one, and none of several', () => {
    expect(inheritedFrom(memberOf('acme')).orgId).toBe('acme');
    expect(inheritedFrom(memberOf('acme', 'globex')).orgId).toBeUndefined();
    expect(inheritedFrom(memberOf()).orgId).toBeUndefined();
    expect(inheritedFrom(rootCaller('cli')).orgId).toBeUndefined();
  });
});
