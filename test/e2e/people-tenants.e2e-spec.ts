import type { HttpClient, JsonObject } from '../support/http-client';
import {
  type MadeKey,
  makeKey,
  pageIn,
  type PeopleService,
  type Person,
  startPeopleService,
  STORAGES,
} from '../support/user-service';
import { CALLERS, type CallerName, DEEDS } from '../support/user-tenant-deeds';

const SCOPES = ['api-keys:*', 'events:*', 'users:*', 'memory:*'];

describe.each(STORAGES)('the service with two tenants and the %s store', (storage) => {
  let service: PeopleService;
  let colleague: Person;
  let stranger: Person;
  let administrator: Person;

  beforeAll(async () => {
    service = await startPeopleService(storage, { USER_MAX_KEYS: '1000' });
    colleague = await service.signIn({ orgs: ['acme'] });
    stranger = await service.signIn({ orgs: ['globex'] });
    administrator = await service.signInAdministrator();
  });
  afterAll(async () => service.stop());

  const anOwner = async (): Promise<Person & { key: MadeKey }> => {
    const owner = await service.signIn({ orgs: ['acme'] });
    return { ...owner, key: await makeKey(owner.client) };
  };
  const holder = async (request: Parameters<PeopleService['issue']>[0]): Promise<HttpClient> =>
    service.as((await service.issue(request)).token);
  const clientOf = async (caller: CallerName, owner: Person): Promise<HttpClient> => {
    const clients: Readonly<Record<CallerName, () => HttpClient | Promise<HttpClient>>> = {
      'the owner': () => owner.client,
      'a colleague': () => colleague.client,
      'a stranger': () => stranger.client,
      'an administrator': () => administrator.client,
      'a bound key': async () => holder({ scopes: SCOPES, orgId: 'acme' }),
      'an owned key': async () => holder({ scopes: SCOPES, ownerId: owner.id }),
      'an unbound key': async () => holder({ scopes: ['*'] }),
      nobody: () => service.as(),
    };
    return clients[caller]();
  };

  it.each(
    DEEDS.flatMap(({ what, statuses, act }) =>
      CALLERS.map((caller) => [caller, what, statuses[caller], act] as const),
    ),
  )('returns the expected status if %s %s: %i', async (caller, _what, expected, act) => {
    const owner = await anOwner();
    const client = await clientOf(caller, owner);
    const target = { keyId: owner.key.id, ownerId: owner.id, colleagueId: colleague.id };
    expect((await act(client, target)).status).toBe(expected);
  });

  it('lists exactly the keys that are visible to each caller', async () => {
    const owner = await anOwner();
    const made: Readonly<Record<string, string>> = {
      own: owner.key.id,
      'of a colleague': (await makeKey(colleague.client)).id,
      'of a stranger': (await makeKey(stranger.client)).id,
      'of acme': (await service.issue({ orgId: 'acme' })).key.id,
      'of globex': (await service.issue({ orgId: 'globex' })).key.id,
      loose: (await service.issue({})).key.id,
    };
    const sights: Readonly<Record<CallerName, readonly string[]>> = {
      'the owner': ['own'],
      'a colleague': ['of a colleague'],
      'a stranger': ['of a stranger'],
      'an administrator': Object.keys(made),
      'a bound key': ['own', 'of a colleague', 'of acme'],
      'an owned key': ['own'],
      'an unbound key': Object.keys(made),
      nobody: [],
    };
    for (const caller of CALLERS) {
      const client = await clientOf(caller, owner);
      for (const query of ['', '&status=active']) {
        const page = pageIn(await client.get(`/v1/api-keys?limit=100${query}`));
        const listed = new Set(page.map(({ id }) => id));
        const seen = Object.entries(made).flatMap(([name, id]) => (listed.has(id) ? [name] : []));
        expect([caller, query, seen]).toEqual([caller, query, sights[caller]]);
      }
    }
  });

  it('returns an empty list to a user that filters by another owner', async () => {
    const owner = await anOwner();
    for (const caller of ['a colleague', 'a stranger'] as const) {
      const client = await clientOf(caller, owner);
      for (const query of [`ownerId=${owner.id}`, `ownerId=${owner.id}&orgId=acme`]) {
        expect((await client.get(`/v1/api-keys?${query}`)).body).toEqual({ data: [], nextCursor: null });
      }
    }
  });

  it('gives a colleague the same 404 for the owner’s key, an unknown id and an invalid id', async () => {
    const { key } = await anOwner();
    const answers = await Promise.all(
      [key.id, '01jd8x4k2m6n8p0q2r4s6t8v0w', 'no-id', '%00'].map(async (id) => {
        const { status, text } = await colleague.client.patch(`/v1/api-keys/${id}`, { name: 'mine' });
        return `${status} ${text}`;
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('404');
  });

  it('does not change a key if other users try to change it', async () => {
    const owner = await anOwner();
    const path = `/v1/api-keys/${owner.key.id}`;
    const before = (await owner.client.get(path)).text;
    const target = { keyId: owner.key.id, ownerId: owner.id, colleagueId: colleague.id };
    for (const { act } of DEEDS) {
      for (const caller of ['a colleague', 'a stranger', 'nobody'] as const) {
        await act(await clientOf(caller, owner), target);
      }
    }
    expect((await owner.client.get(path)).text).toBe(before);
    expect((await service.as(owner.key.token).get('/v1/api-keys/self')).status).toBe(200);
    expect((await owner.client.get('/v1/users/me')).body).toMatchObject({ status: 'active', version: 1 });
  });

  it('has no management route that these tests omit', async () => {
    const { body } = await service.as().get('/docs-json');
    const paths = body['paths'] as Readonly<Record<string, JsonObject>>;
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      /^\/v1\/(?:api-keys|events|users)/.test(path)
        ? Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
        : [],
    );
    expect(routes.length).toBeGreaterThan(15);
    expect([...new Set(DEEDS.map(({ route }) => route))].toSorted()).toEqual(routes.toSorted());
  });
});
