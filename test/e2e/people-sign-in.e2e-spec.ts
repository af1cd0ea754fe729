import { StorageUnavailableError } from 'keyward';
import type { HttpAnswer, HttpClient } from '../support/http-client';
import { getRaw } from '../support/raw-request';
import { pageIn, type PeopleService, startPeopleService, STORAGES, verdictOf } from '../support/user-service';
import { eventuallyIs } from '../support/patience';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

describe.each(STORAGES)('a user who signs in, with the %s store', (storage) => {
  let service: PeopleService;

  beforeAll(async () => {
    service = await startPeopleService(storage);
  });
  afterAll(async () => service.stop());

  const keptInTheEnd = async (session: string, email: string): Promise<void> => {
    await eventuallyIs(async () => (await service.as(session).get('/v1/users/me')).body['email'], email);
  };

  it('is created once by 100 concurrent first requests', async () => {
    const email = 'crowd@acme.example';
    const client = service.as(await service.issuer.sign({ sub: 'crowd', email, orgs: ['acme'] }));
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, n) =>
        n % 2 === 0 ? client.get('/v1/users/me') : client.get('/v1/api-keys'),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const ids = new Set(answers.filter((_, n) => n % 2 === 0).map(({ body }) => body['id']));
    expect(ids.size).toBe(1);
    const root = service.as(service.root.token);
    const listed = pageIn(await root.get(`/v1/users?email=${email}`)).map(({ id }) => id);
    expect(new Set(listed)).toEqual(ids);
    expect(listed).toHaveLength(1);
  });

  it('gets 200 if known and 503 if new while the store rejects writes, and is updated later', async () => {
    const full = new StorageUnavailableError(new Error('out of disk space'));
    const known = await service.signIn({ sub: 'full', email: 'before@acme.example' });
    const session = await service.issuer.sign({ sub: 'full', email: 'after@acme.example' });
    const refresh = jest.spyOn(service.users, 'refresh').mockRejectedValue(new Error('an unexpected error'));
    expect((await service.as(session).get('/v1/users/me')).status).toBe(500);
    refresh.mockRejectedValue(full);
    const insert = jest.spyOn(service.users, 'insert').mockRejectedValue(full);
    const [me, stranger] = [
      await service.as(session).get('/v1/users/me'),
      await service.as(await service.issuer.sign({ sub: 'new here' })).get('/v1/users/me'),
    ];
    expect([me.status, me.body['id'], me.body['email']]).toEqual([200, known.id, 'before@acme.example']);
    expect(verdictOf(stranger)).toEqual([503, 'storage_unavailable']);
    for (let time = 0; time < 5; time += 1) await service.as(session).get('/v1/users/me');
    expect(refresh).toHaveBeenCalledTimes(2);
    refresh.mockRestore();
    insert.mockRestore();
    await keptInTheEnd(session, 'after@acme.example');
  });

  it('is not delayed by a store that does not answer writes', async () => {
    await service.signIn({ sub: 'hung', email: 'before@acme.example' });
    const session = await service.issuer.sign({ sub: 'hung', email: 'after@acme.example' });
    const answered = { writes: () => {} };
    const hung = new Promise<void>((resolve) => (answered.writes = resolve));
    const refresh = jest.spyOn(service.users, 'refresh').mockReturnValue(hung);
    const crowd = await Promise.all(
      Array.from({ length: 10 }, async () => service.as(session).get('/v1/users/me')),
    );
    expect(crowd.map(({ status, body }) => [status, body['email']])).toEqual(
      crowd.map(() => [200, 'before@acme.example']),
    );
    expect(refresh).toHaveBeenCalledTimes(1);
    answered.writes();
    refresh.mockRestore();
    await keptInTheEnd(session, 'after@acme.example');
  });

  it('is a different user if the subject differs in a space, in case or in one letter', async () => {
    const people = await Promise.all(
      ['ada', 'Ada', ' ada', 'ada ', 'adа'].map(async (sub) => service.signIn({ sub })),
    );
    expect(new Set(people.map(({ id }) => id)).size).toBe(people.length);
  });

  it.each<readonly [string, string]>([
    ['empty', ''],
    ['not valid Unicode', 'ada\ud800'],
    ['too long', 'a'.repeat(256)],
  ])('is rejected with 401 if the subject is %s', async (_what, sub) => {
    const answer = await service.as(await service.issuer.sign({ sub })).get('/v1/users/me');
    expect(verdictOf(answer)).toEqual([401, 'invalid_session']);
  });

  it('is stored without invalid claims', async () => {
    const { client } = await service.signIn({
      email: ['ada@acme.example'],
      email_verified: 'yes',
      name: 'a'.repeat(321),
      picture: '\ud800',
    });
    expect((await client.get('/v1/users/me')).body).toMatchObject({
      email: null,
      emailVerified: false,
      name: null,
      picture: null,
    });
  });

  it.each<readonly [string, (client: HttpClient) => Promise<HttpAnswer>]>([
    ['verify', (client) => client.post('/v1/api-keys/verify', { token: 'kw_nonsense', authenticated: true })],
    ['introspect', (client) => client.post('/oauth2/introspect', 'token=kw_nonsense', FORM)],
    ['import', (client) => client.post('/v1/api-keys/import', { keys: [{}] })],
    ['self', (client) => client.get('/v1/api-keys/self')],
    ['revoke self', (client) => client.delete('/v1/api-keys/self')],
    ['rotate self', (client) => client.post('/v1/api-keys/self/rotate', {})],
    ['forward-auth', (client) => client.get('/v1/forward-auth?authenticated=1')],
  ])('gets 401 at %s, even as an administrator [T77]', async (_route, call) => {
    const { client } = await service.signInAdministrator();
    const answer = await call(client);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('can send the session only as a bearer token, without another credential', async () => {
    const session = await service.issuer.sign({ sub: 'ada' });
    const statusOf = async (...lines: readonly (readonly [string, string])[]): Promise<number> =>
      (await getRaw(service.url, '/v1/users/me', lines)).status;
    const bearer = ['Authorization', `Bearer ${session}`] as const;
    expect(await statusOf(bearer)).toBe(200);
    expect(await statusOf(['X-API-Key', session])).toBe(401);
    expect(await statusOf(['Authorization', `Basic ${btoa(`ada:${session}`)}`])).toBe(401);
    expect(await statusOf(bearer, bearer)).toBe(400);
    expect(await statusOf(bearer, ['X-API-Key', service.root.token])).toBe(400);
    const asked = await service.as().get(`/v1/users/me?access_token=${session}`);
    expect(asked.status).toBe(401);
  });
});
