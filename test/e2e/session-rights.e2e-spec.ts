import { AUDIENCE, IdentityProvider } from '../support/identity-provider';
import { startService, type TestService } from '../support/service';

/** Claims that make a user an administrator or a member, at each of two providers. */
describe('the claims of a session', () => {
  let provider: IdentityProvider;
  let partner: IdentityProvider;
  let service: TestService;

  beforeAll(async () => {
    [provider, partner] = await Promise.all([IdentityProvider.start(), IdentityProvider.start()]);
    service = await startService('memory', {
      OIDC_ISSUER: provider.issuer,
      OIDC_AUDIENCE: AUDIENCE,
      OIDC_ORG_CLAIM: 'orgs',
      OIDC_ADMIN_CLAIM: 'roles=keyward-admin',
      OIDC_ISSUERS: JSON.stringify([
        {
          issuer: partner.issuer,
          audience: [AUDIENCE],
          orgClaim: 'https://id.example.com/orgs',
          adminClaim: 'realm_access.roles=boss',
        },
      ]),
      USER_GRANTABLE_SCOPES: 'memory:read',
    });
  });
  afterAll(async () => {
    await service.stop();
    await Promise.all([provider.stop(), partner.stop()]);
  });

  const administers = async (token: string): Promise<boolean> => {
    const answer = await service.as(token).get('/v1/users');
    if (answer.status === 200) return true;
    expect([answer.status, answer.body['code']]).toEqual([403, 'insufficient_scope']);
    return false;
  };
  const makesKeyFor = async (token: string, orgId: string): Promise<number> => {
    const request = { name: 'mine', scopes: ['memory:read'], orgId };
    return (await service.as(token).post('/v1/api-keys', request)).status;
  };

  it('allow administrators, but not members, to list users', async () => {
    expect(await administers(await provider.tokenFor('olga'))).toBe(true);
    expect(await administers(await provider.tokenFor('ada'))).toBe(false);
    expect(await administers(await provider.tokenFor('nobody'))).toBe(false);
  });

  it.each([
    ['the value itself', { roles: 'keyward-admin' }],
    ['the value among others', { roles: ['member', 'keyward-admin'] }],
  ])('make the user an administrator with %s', async (_name, claims) => {
    expect(await administers(provider.sign(claims))).toBe(true);
  });

  it.each([
    ['another value', { roles: ['member'] }],
    ['a longer value', { roles: ['keyward-admin-helper'] }],
    ['a longer text', { roles: 'not keyward-admin' }],
    ['values in one text', { roles: 'member keyward-admin' }],
    ['values with commas', { roles: 'keyward-admin,member' }],
    ['a shorter value', { roles: ['keyward'] }],
    ['capitals', { roles: ['Keyward-Admin'] }],
    ['spaces', { roles: [' keyward-admin '] }],
    ['a list in a list', { roles: [['keyward-admin']] }],
    ['an object with the value as a name', { roles: { 'keyward-admin': true } }],
    ['an object with the value by number', { roles: { 0: 'keyward-admin', length: 1 } }],
    ['true', { roles: true }],
    ['null', { roles: null }],
    ['the whole setting', { roles: ['roles=keyward-admin'] }],
    [
      'the value in another claim',
      { role: 'keyward-admin', groups: ['keyward-admin'], scope: 'keyward-admin' },
    ],
    ['the value deeper down', { realm_access: { roles: ['keyward-admin'] } }],
    ['the claim of the other provider', { realm_access: { roles: ['boss'] } }],
    ['the value of the other provider', { roles: ['boss'] }],
  ])('do not make the user an administrator with %s [T71]', async (_name, claims) => {
    expect(await administers(provider.sign(claims))).toBe(false);
  });

  it('make the user an administrator only with the admin claim of its own provider', async () => {
    expect(await administers(partner.sign({ realm_access: { roles: ['boss'] } }))).toBe(true);
    expect(await administers(partner.sign({ roles: ['keyward-admin'] }))).toBe(false);
    expect(await administers(await partner.tokenFor('olga'))).toBe(false);
  });

  it('allow keys only for organisations in the claim of the user’s own provider [T72]', async () => {
    const ada = await provider.tokenFor('ada');
    expect(await makesKeyFor(ada, 'acme')).toBe(201);
    expect(await makesKeyFor(ada, 'globex')).toBe(403);
    const grace = await provider.tokenFor('grace');
    expect(await makesKeyFor(grace, 'globex')).toBe(201);
    expect(await makesKeyFor(grace, 'acme')).toBe(403);
    const elsewhere = partner.sign({ orgs: ['acme'], 'https://id.example.com/orgs': ['globex'] });
    expect(await makesKeyFor(elsewhere, 'globex')).toBe(201);
    expect(await makesKeyFor(elsewhere, 'acme')).toBe(403);
  });

  it('identify different users if two providers use the same sub [T70]', async () => {
    const here = service.as(await provider.tokenFor('ada'));
    const there = service.as(await partner.tokenFor('ada'));
    const key = await here.post('/v1/api-keys', { name: 'mine', scopes: ['memory:read'], orgId: 'acme' });
    const users = [await here.get('/v1/users/me'), await there.get('/v1/users/me')];
    expect(users.map(({ body }) => [body['subject'], body['issuer']])).toEqual([
      ['ada', provider.issuer],
      ['ada', partner.issuer],
    ]);
    expect(users[0]?.body['id']).not.toBe(users[1]?.body['id']);
    expect((await here.get(`/v1/api-keys/${String(key.body['id'])}`)).status).toBe(200);
    expect((await there.get(`/v1/api-keys/${String(key.body['id'])}`)).status).toBe(404);
  });

  it('are rejected with 401 if another provider signed them', async () => {
    const token = partner.signingKey.sign(provider.claims({ roles: ['keyward-admin'] }));
    const answer = await service.as(token).get('/v1/users');
    expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_session']);
    const underItsKid = partner.signingKey.sign(provider.claims(), { kid: provider.signingKey.kid });
    expect((await service.as(underItsKid).get('/v1/users/me')).status).toBe(401);
  });

  it('give no administrator rights because of an earlier session', async () => {
    expect(await administers(provider.sign({ sub: 'former', roles: ['keyward-admin'] }))).toBe(true);
    expect(await administers(provider.sign({ sub: 'former', roles: ['member'] }))).toBe(false);
  });
});
