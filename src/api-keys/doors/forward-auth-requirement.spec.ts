import { readProxyRequirement } from './forward-auth-requirement';

const of = (allOf: string[], orgId?: string, projectId?: string): object => ({
  scopes: { allOf, anyOf: [] },
  tenant: { orgId, projectId },
});

describe('what a proxy requires', () => {
  it.each<[string, Record<string, unknown>, object]>([
    ['a scope', { scope: 'memory:read' }, of(['memory:read'])],
    ['all of several scopes', { scope: 'memory:read memory:write' }, of(['memory:read', 'memory:write'])],
    ['a valid key and no scope', { authenticated: '1' }, of([])],
    ['an organisation', { scope: 'memory:read', org: 'acme' }, of(['memory:read'], 'acme')],
    ['a project', { authenticated: '1', project: 'apollo' }, of([], undefined, 'apollo')],
    ['both', { scope: 'a', org: 'globex', project: 'hermes' }, of(['a'], 'globex', 'hermes')],
  ])('may be %s', (_what, query, requirement) => {
    expect(readProxyRequirement(query)).toEqual(requirement);
  });

  it.each<[string, Record<string, unknown>]>([
    ['nothing', {}],
    ['a tenant alone', { org: 'acme', project: 'apollo' }],
    ['a scope and none', { scope: 'memory:read', authenticated: '1' }],
    ['an empty scope', { scope: '' }],
    ['an empty scope among others', { scope: 'memory:read  memory:write' }],
    ['a scope with a space around it', { scope: ' memory:read' }],
    ['scopes on two lines', { scope: 'memory:read\nmemory:write' }],
    ['scopes with a comma', { scope: 'memory:read,memory:write' }],
    ['a wildcard', { scope: '*' }],
    ['a wildcard within', { scope: 'memory:*' }],
    ['a wildcard among others', { scope: 'memory:read memory:*' }],
    ['a scope in upper case', { scope: 'Memory:read' }],
    ['a scope that is too long', { scope: 'm'.repeat(129) }],
    ['a scope twice', { scope: ['memory:read', 'memory:read'] }],
    ['a list of one scope', { scope: ['memory:read'] }],
    ['no scopes in a list', { scope: [] }],
    ['an object for a scope', { scope: { $ne: '' } }],
    ['null for a scope', { scope: null }],
    ['authenticated=0', { authenticated: '0' }],
    ['authenticated=true', { authenticated: 'true' }],
    ['authenticated alone', { authenticated: '' }],
    ['authenticated twice', { authenticated: ['1', '1'] }],
    ['authenticated as a number', { authenticated: 1 }],
    ['null for authenticated', { authenticated: null }],
    ['an empty organisation', { authenticated: '1', org: '' }],
    ['two organisations', { authenticated: '1', org: ['acme', 'globex'] }],
    ['an organisation of no such name', { authenticated: '1', org: 'acme/globex' }],
    ['a variable that was not filled in', { authenticated: '1', org: '$org_id' }],
    ['null for an organisation', { authenticated: '1', org: null }],
    ['an empty project', { authenticated: '1', project: '' }],
    ['two projects', { authenticated: '1', project: ['apollo', 'hermes'] }],
    ['an object for a project', { authenticated: '1', project: { toString: 'apollo' } }],
    ['a parameter in another case', { authenticated: '1', Org: 'acme' }],
    ['a parameter misspelt', { scope: 'memory:read', orgId: 'acme' }],
    ['an unknown parameter of no value', { scope: 'memory:read', scopes: undefined }],
    ['a parameter that every object knows', { scope: 'memory:read', constructor: 'acme' }],
    ['a prototype', JSON.parse('{"scope":"memory:read","__proto__":"acme"}') as Record<string, unknown>],
  ])('may not be %s', (_what, query) => {
    expect(readProxyRequirement(query)).toBeUndefined();
  });

  it('is read off a query without a prototype, as servers make them', () => {
    const query = Object.assign(Object.create(null) as object, { authenticated: '1', org: 'acme' });
    expect(readProxyRequirement(query)).toEqual(of([], 'acme'));
  });
});
