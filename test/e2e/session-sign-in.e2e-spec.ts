import { AUDIENCE, CLIENTS, IdentityProvider } from '../support/identity-provider';
import { PEOPLE } from '../support/identity-provider/people';
import { takeClock } from '../support/movable-clock';
import { startService, type TestService } from '../support/service';

const ME = '/v1/users/me';
const clock = takeClock();

describe.each(['memory', 'mongo'] as const)('a signed-in user with the %s store', (storage) => {
  let provider: IdentityProvider;
  let service: TestService;

  beforeAll(async () => {
    provider = await IdentityProvider.start();
    service = await startService(storage, {
      OIDC_ISSUER: provider.issuer,
      OIDC_AUDIENCE: `${AUDIENCE},${CLIENTS.ours}`,
    });
  });
  afterAll(async () => {
    await service.stop();
    await provider.stop();
  });

  it('is stored with the claims of the provider', async () => {
    const before = Date.now();
    const answer = await service.as(await provider.tokenFor('ada')).get(ME);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      issuer: provider.issuer,
      subject: 'ada',
      email: 'ada@acme.example',
      emailVerified: true,
      name: 'Ada Lovelace',
      picture: 'https://id.example.com/ada.png',
      username: null,
      status: 'active',
      version: 1,
    });
    expect(Date.parse(String(answer.body['createdAt']))).toBeGreaterThanOrEqual(before);
    expect(answer.body['lastLoginAt']).toBe(answer.body['createdAt']);
    expect(answer.headers.get('etag')).toBe('"1"');
  });

  it('has a different id from a user of another tenant', async () => {
    const ada = await service.as(await provider.tokenFor('ada')).get(ME);
    const grace = await service.as(await provider.tokenFor('grace')).get(ME);
    expect(grace.body).toMatchObject({ subject: 'grace', emailVerified: false, picture: null });
    expect(grace.body['id']).not.toBe(ada.body['id']);
  });

  it('has the same id with an access token, an ID token and a later access token', async () => {
    const first = await provider.signIn('ada');
    const second = await provider.signIn('ada');
    const tokens = [first.accessToken, first.idToken, second.accessToken];
    const seen = await Promise.all(tokens.map(async (token) => service.as(token).get(ME)));
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(seen.map(({ body }) => body['id'])).size).toBe(1);
  });

  it('is created once by 20 concurrent first requests', async () => {
    const token = provider.sign({ sub: 'newcomer' });
    const answers = await Promise.all(Array.from({ length: 20 }, async () => service.as(token).get(ME)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
  });

  it('is accepted without any claim except the subject', async () => {
    const answer = await service.as(await provider.tokenFor('nobody')).get(ME);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ email: null, emailVerified: false, name: null, picture: null });
  });

  it('is updated at a later sign-in, and loses claims that the provider no longer sends', async () => {
    const { body: before } = await service.as(await provider.tokenFor('grace')).get(ME);
    await provider.describe('grace', { email: 'hopper@globex.example', email_verified: true });
    const { body: after } = await service.as(await provider.tokenFor('grace')).get(ME);
    expect(after).toMatchObject({
      id: before['id'],
      email: 'hopper@globex.example',
      emailVerified: true,
      name: null,
      createdAt: before['createdAt'],
    });
    await provider.describe('grace', PEOPLE.grace);
  });

  it('has a lastLoginAt that changes at most once a minute, and never goes back', async () => {
    const signedIn = service.as(provider.sign({ sub: 'regular' }));
    const lastLoginAt = async (): Promise<unknown> => (await signedIn.get(ME)).body['lastLoginAt'];
    const first = await lastLoginAt();
    clock.advance(58);
    expect(await lastLoginAt()).toBe(first);
    clock.advance(2);
    const second = await lastLoginAt();
    expect(Date.parse(String(second)) - Date.parse(String(first))).toBeGreaterThanOrEqual(60_000);
    clock.advance(-30);
    expect(await lastLoginAt()).toBe(second);
    clock.advance(30);
    expect(await lastLoginAt()).toBe(second);
  });

  it.each([
    ['get', '/v1/api-keys/self'],
    ['delete', '/v1/api-keys/self'],
    ['post', '/v1/api-keys/self/rotate'],
    ['post', '/v1/api-keys/verify'],
    ['get', '/v1/forward-auth?authenticated=1'],
  ] as const)('gets 401 on routes that accept only keys: %s %s [T77]', async (method, path) => {
    const answer = await service.as(provider.sign({})).send(method.toUpperCase(), path);
    expect([answer.status, answer.body['code']]).toEqual([401, 'malformed_token']);
  });

  it('can send the session only as a bearer token', async () => {
    const token = provider.sign({});
    const nobody = service.as();
    expect((await nobody.get(ME, { 'X-API-Key': token })).status).toBe(401);
    expect((await nobody.get(ME, { Cookie: `access_token=${token}` })).status).toBe(401);
    expect((await nobody.get(`${ME}?access_token=${token}`)).status).toBe(401);
    expect((await nobody.get(ME, { Authorization: `JWT ${token}` })).status).toBe(401);
    expect((await nobody.get(ME, { Authorization: `bearer ${token}` })).status).toBe(200);
    expect((await service.as(token).get(ME, { 'X-API-Key': service.root.token })).status).toBe(400);
  });
});
