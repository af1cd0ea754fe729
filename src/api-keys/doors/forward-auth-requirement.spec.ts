import { readProxyRequirement } from './forward-auth-requirement';

const of = (allOf: string[], orgId?: string, projectId?: string, cost = 1): object => ({
  scopes: { allOf, anyOf: [] },
  tenant: { orgId, projectId },
  cost,
});

describe('the requirement of a proxy', () => {
  it.each<[string, string, object]>([
    ['a scope', 'scope=memory:read', of(['memory:read'])],
    ['an encoded scope', 'scope=memory%3Aread', of(['memory:read'])],
    ['all of several scopes', 'scope=memory:read+memory:write', of(['memory:read', 'memory:write'])],
    ['a valid key and no scope', 'authenticated=1', of([])],
    ['an organisation', 'scope=memory:read&org=acme', of(['memory:read'], 'acme')],
    ['a project', 'authenticated=1&project=apollo', of([], undefined, 'apollo')],
    ['a cost', 'authenticated=1&cost=1000', of([], undefined, undefined, 1000)],
    ['no cost', 'authenticated=1&cost=0', of([], undefined, undefined, 0)],
    ['an organisation and a project', 'scope=a&org=globex&project=hermes', of(['a'], 'globex', 'hermes')],
  ])('can be %s', (_what, query, requirement) => {
    expect(readProxyRequirement(query)).toEqual(requirement);
  });

  it.each<[string, string]>([
    ['empty', ''],
    ['only a tenant', 'org=acme&project=apollo'],
    ['both scope and authenticated', 'scope=memory:read&authenticated=1'],
    ['an empty scope', 'scope='],
    ['an empty scope among others', 'scope=memory:read++memory:write'],
    ['a scope with a space around it', 'scope=+memory:read'],
    ['scopes on two lines', 'scope=memory:read%0Amemory:write'],
    ['scopes with a comma', 'scope=memory:read,memory:write'],
    ['a wildcard', 'scope=*'],
    ['a wildcard in a scope', 'scope=memory:*'],
    ['a wildcard among others', 'scope=memory:read+memory:*'],
    ['a scope in upper case', 'scope=Memory:read'],
    ['a scope that is too long', `scope=${'m'.repeat(129)}`],
    ['a scope twice', 'scope=memory:read&scope=memory:read'],
    ['a list of one scope', 'scope[]=memory:read'],
    ['an object for a scope', 'scope[$ne]=memory:read'],
    ['authenticated=0', 'authenticated=0'],
    ['authenticated=true', 'authenticated=true'],
    ['authenticated alone', 'authenticated'],
    ['authenticated twice', 'authenticated=1&authenticated=1'],
    ['an empty organisation', 'authenticated=1&org='],
    ['two organisations', 'authenticated=1&org=acme&org=globex'],
    ['an invalid name of an organisation', 'authenticated=1&org=acme/globex'],
    ['an organisation that cannot be decoded', 'authenticated=1&org=%ED%A0%80'],
    ['a name that cannot be decoded', 'authenticated=1&%ff=acme'],
    ['an unresolved variable', 'authenticated=1&org=$org_id'],
    ['an empty project', 'authenticated=1&project='],
    ['two projects', 'authenticated=1&project=apollo&project=hermes'],
    ['an empty cost', 'authenticated=1&cost='],
    ['a negative cost', 'authenticated=1&cost=-1'],
    ['a cost above 1000', 'authenticated=1&cost=1001'],
    ['a cost in another form', 'authenticated=1&cost=0x5'],
    ['two costs', 'authenticated=1&cost=5&cost=0'],
    ['a parameter in another case', 'authenticated=1&Org=acme'],
    ['a misspelt parameter', 'scope=memory:read&orgId=acme'],
    ['an unknown parameter without a value', 'scope=memory:read&scopes'],
    ['a parameter that every object inherits', 'scope=memory:read&constructor=acme'],
    ['a prototype', 'scope=memory:read&__proto__=acme'],
  ])('cannot be %s [T8]', (_what, query) => {
    expect(readProxyRequirement(query)).toBeUndefined();
  });
});
