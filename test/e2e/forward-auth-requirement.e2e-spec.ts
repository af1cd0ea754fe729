import { startService, type TestService } from '../support/service';

const PATH = '/v1/forward-auth';

const SLIPS: readonly (readonly [string, string])[] = [
  ['no parameter', ''],
  ['a bare question mark', '?'],
  ['only a tenant', '?org=acme'],
  ['an unknown parameter', '?authenticated=1&role=admin'],
  ['an unknown parameter beside a scope', '?scope=memory:read&scopes=memory:write'],
  ['a parameter in capitals', '?Scope=memory:read'],
  ['authenticated in capitals beside a scope', '?scope=memory:read&Authenticated=1'],
  ['a parameter of verify', '?authenticated=1&orgId=acme'],
  ['a token', '?authenticated=1&token=x'],
  ['an address', '?authenticated=1&ip=203.0.113.7'],
  ['both a scope and authenticated', '?scope=memory:read&authenticated=1'],
  ['authenticated=0', '?authenticated=0'],
  ['authenticated=true', '?authenticated=true'],
  ['authenticated without a value', '?authenticated'],
  ['authenticated=', '?authenticated='],
  ['authenticated twice', '?authenticated=1&authenticated=1'],
  ['authenticated as a list', '?authenticated[]=1'],
  ['an empty scope', '?scope='],
  ['a scope without a value', '?scope'],
  ['a scope of spaces', '?scope=%20'],
  ['an empty scope among scopes', '?scope=memory:read++memory:write'],
  ['a scope with a leading space', '?scope=%20memory:read'],
  ['a scope with a trailing space', '?scope=memory:read%20'],
  ['scopes with a tab between them', '?scope=memory:read%09memory:write'],
  ['scopes with a comma between them', '?scope=memory:read,memory:write'],
  ['a scope twice', '?scope=memory:read&scope=memory:read'],
  ['two scope parameters', '?scope=memory:read&scope=memory:write'],
  ['every scope', '?scope=*'],
  ['a wildcard scope', '?scope=memory:*'],
  ['a wildcard among scopes', '?scope=memory:read+report:*'],
  ['an upper-case scope', '?scope=Memory:read'],
  ['a scope with an empty segment', '?scope=memory::read'],
  ['a long scope', `?scope=${'a'.repeat(129)}`],
  ['a scope as a list', '?scope[]=memory:read'],
  ['a scope as an object', '?scope[$ne]=x'],
  ['a variable that was not replaced', '?scope=$required_scope'],
  ['an empty organisation', '?authenticated=1&org='],
  ['an organisation without a value', '?authenticated=1&org'],
  ['an organisation twice', '?authenticated=1&org=acme&org=acme'],
  ['two organisations', '?authenticated=1&org=acme&org=globex'],
  ['an organisation with a slash', '?authenticated=1&org=a%2Fb'],
  ['an organisation with a space', '?authenticated=1&org=acme%20'],
  ['an organisation with a NUL', '?authenticated=1&org=acme%00'],
  ['an organisation in Cyrillic', '?authenticated=1&org=%D0%B0cme'],
  ['an organisation that cannot be decoded', '?authenticated=1&org=%ED%A0%80'],
  ['a long organisation', `?authenticated=1&org=${'a'.repeat(129)}`],
  ['an empty project', '?authenticated=1&project='],
  ['a project twice', '?authenticated=1&project=apollo&project=apollo'],
  ['an invalid project', '?authenticated=1&project=..%2Fapollo'],
  ['__proto__', '?authenticated=1&__proto__=x'],
  ['constructor', '?authenticated=1&constructor=x'],
  ['a nameless parameter', '?authenticated=1&=x'],
];

const SOUND: readonly (readonly [string, string])[] = [
  ['a scope', '?scope=memory:read'],
  ['two scopes', '?scope=memory:read+memory:write'],
  ['any key', '?authenticated=1'],
  ['a tenant', '?authenticated=1&org=acme&project=apollo'],
  ['a scope and a project', '?scope=memory:read&project=apollo'],
  ['all parameters in another order', '?project=apollo&org=acme&scope=memory:read'],
];

describe('a forward-auth requirement', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory');
  });
  afterAll(async () => service.stop());

  it.each(SLIPS)('with %s gets 403 with and without a key [T57]', async (_name, query) => {
    for (const token of [service.root.token, 'nonsense', undefined]) {
      const answer = await service.as(token).get(PATH + query);
      expect([answer.status, answer.body['code']]).toEqual([403, 'requirement_malformed']);
      expect(answer.headers.get('x-auth-key-id')).toBeNull();
    }
  });

  it.each(SOUND)('with %s allows the root key and rejects requests without a key', async (_name, query) => {
    expect((await service.as(service.root.token).get(PATH + query)).status).toBe(200);
    expect((await service.as().get(PATH + query)).status).toBe(401);
  });

  it.each([`${PATH}/`, `${PATH}/x`, `${PATH}//`, `/V1/forward-auth`])(
    'gets 404 on another path: %s',
    async (path) => {
      const answer = await service.as(service.root.token).get(`${path}?authenticated=1`);
      expect(answer.status).toBe(404);
    },
  );
});
