import type { HttpAnswer, HttpClient } from '../support/http-client';
import {
  pageIn,
  type PeopleService,
  type Person,
  startPeopleService,
  STORAGES,
  textIn,
  verdictOf,
} from '../support/user-service';

const NOBODY = '01jd8x4k2m6n8p0q2r4s6t8v0w';

async function rename({ client }: Person, username: unknown): Promise<HttpAnswer> {
  return client.patch('/v1/users/me', { username });
}

function idsIn(answer: HttpAnswer): readonly unknown[] {
  return pageIn(answer).map(({ id }) => id);
}

describe.each(STORAGES)('the user API with the %s store', (storage) => {
  let service: PeopleService;
  let administrator: HttpClient;
  let ada: Person;

  beforeAll(async () => {
    service = await startPeopleService(storage);
    administrator = (await service.signInAdministrator()).client;
  });
  afterAll(async () => service.stop());
  beforeEach(async () => {
    ada = await service.signIn({ email: 'ada@acme.example', email_verified: true, name: 'Ada' });
  });

  it('shows a user the stored profile and its version', async () => {
    const answer = await ada.client.get('/v1/users/me');
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.body).toEqual({
      id: ada.id,
      issuer: service.issuer.url,
      subject: ada.subject,
      email: 'ada@acme.example',
      emailVerified: true,
      name: 'Ada',
      picture: null,
      username: null,
      status: 'active',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      lastLoginAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      version: 1,
      administeredOrgIds: [],
    });
  });

  it('updates the profile from the newest session', async () => {
    const later = await service.signIn({ sub: ada.subject, email: 'ada@globex.example' });
    expect(later.id).toBe(ada.id);
    expect((await later.client.get('/v1/users/me')).body).toMatchObject({
      email: 'ada@globex.example',
      emailVerified: false,
      name: null,
    });
  });

  it('sets a username in lower case, and removes it', async () => {
    const name = `Ada.${ada.subject}`.toUpperCase();
    const named = await rename(ada, name);
    expect([named.status, named.headers.get('etag')]).toEqual([200, '"2"']);
    expect(named.body).toMatchObject({ username: name.toLowerCase(), version: 2 });
    expect((await rename(ada, name.toLowerCase())).body).toMatchObject({ version: 2 });
    expect((await ada.client.patch('/v1/users/me', {})).body).toMatchObject({ version: 2 });

    const grace = await service.signIn();
    expect(verdictOf(await rename(grace, name))).toEqual([409, 'username_taken']);
    expect((await rename(ada, null)).body).toMatchObject({ username: null, version: 3 });
    expect((await rename(grace, name)).status).toBe(200);
  });

  it('gives a username to only one of 20 users that request it at the same time', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, async () => service.signIn()));
    const answers = await Promise.all(people.map(async (person) => rename(person, `one-${ada.subject}`)));
    const statuses = answers.map(({ status }) => status).toSorted((one, other) => one - other);
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
  });

  it.each<readonly [string, unknown]>([
    ['an empty name', ''],
    ['a name of 40 characters', 'a'.repeat(40)],
    ['a leading dot', '.ada'],
    ['a trailing hyphen', 'ada-'],
    ['a space', 'ada lovelace'],
    ['a line break', 'ada\n'],
    ['a NUL', 'ada\u0000'],
    ['letters beyond ASCII', 'adä'],
    ['a number', 5],
    ['a list', ['ada']],
    ['an operator', { $ne: null }],
  ])('rejects %s as a username', async (_what, username) => {
    const answer = await rename(ada, username);
    expect(verdictOf(answer)).toEqual([400, 'validation_failed']);
    expect(answer.body['errors']).toMatchObject([{ field: '/username' }]);
  });

  it.each<readonly [string, string, number]>([
    ['another field', '{"status":"active"}', 400],
    ['roles', '{"username":"a","roles":["admin"]}', 400],
    ['a prototype', '{"__proto__":{"username":"a"}}', 400],
    ['a list', '[]', 400],
    ['text', '"ada"', 400],
    ['null', 'null', 400],
    ['incomplete JSON', '{"username":', 400],
    ['invalid Unicode', '{"username":"\\ud800"}', 400],
    ['more than 256 kB', `{"username":"${'a'.repeat(300_000)}"}`, 413],
  ])('rejects an invalid change of the user’s own profile: %s', async (_what, body, status) => {
    const answer = await ada.client.patch('/v1/users/me', body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect((await ada.client.get('/v1/users/me')).body).toMatchObject({ version: 1 });
  });

  it.each<readonly [string, (user: string) => Promise<HttpAnswer>, number]>([
    ['an unknown status', (id) => administrator.patch(`/v1/users/${id}`, { status: 'deleted' }), 400],
    ['a null status', (id) => administrator.patch(`/v1/users/${id}`, { status: null }), 400],
    ['a status in a list', (id) => administrator.patch(`/v1/users/${id}`, { status: ['active'] }), 400],
    ['an email address', (id) => administrator.patch(`/v1/users/${id}`, { email: 'a@b.example' }), 400],
    ['an unknown query parameter', (id) => administrator.patch(`/v1/users/${id}?force=1`, {}), 400],
    ['an invalid If-Match', (id) => ifMatch(id, 'one'), 400],
    ['an If-Match of another version', (id) => ifMatch(id, '"9"'), 412],
    ['a removal with an invalid If-Match', (id) => removal(id, 'one'), 400],
    ['a removal with an If-Match of another version', (id) => removal(id, '"9"'), 412],
    ['a username with an If-Match of another version', () => renaming('"9"'), 412],
    ['an unsupported media type', (id) => asText(id), 415],
    ['an unknown id', () => administrator.patch(`/v1/users/${NOBODY}`, { status: 'active' }), 404],
    ['an invalid id', () => administrator.patch('/v1/users/no-id', { status: 'active' }), 404],
    [
      'the heartbeat of an instance',
      () => administrator.patch('/v1/users/%23hb:1', { status: 'active' }),
      404,
    ],
    ['a NUL as the id', () => administrator.delete('/v1/users/%00'), 404],
    ['a long id', () => administrator.delete(`/v1/users/${'z'.repeat(400)}`), 404],
    ['a removal of "me"', () => administrator.delete('/v1/users/me'), 404],
    ['a removal with a reason', (id) => administrator.delete(`/v1/users/${id}?reason=left`), 400],
    ['a read of one user', (id) => administrator.get(`/v1/users/${id}`), 405],
    ['a creation', () => administrator.post('/v1/users', { subject: 'ada' }), 405],
  ])('rejects an invalid request of an administrator: %s', async (_what, send, status) => {
    const answer = await send(ada.id);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect((await ada.client.get('/v1/users/me')).body).toMatchObject({ version: 1 });
  });

  const ifMatch = async (id: string, version: string): Promise<HttpAnswer> =>
    administrator.patch(`/v1/users/${id}`, { status: 'disabled' }, { 'If-Match': version });
  const removal = async (id: string, version: string): Promise<HttpAnswer> =>
    administrator.delete(`/v1/users/${id}`, { 'If-Match': version });
  const renaming = async (version: string): Promise<HttpAnswer> =>
    ada.client.patch('/v1/users/me', { username: 'ada' }, { 'If-Match': version });
  const search = async (query: string): Promise<readonly unknown[]> =>
    idsIn(await administrator.get(`/v1/users?${query}`));
  const asText = async (id: string): Promise<HttpAnswer> =>
    administrator.patch(`/v1/users/${id}`, '{}', { 'Content-Type': 'text/plain' });

  it('changes a user if If-Match names the current version, and answers 412 if it does not', async () => {
    expect((await ifMatch(ada.id, '"1"')).body).toMatchObject({ status: 'disabled', version: 2 });
    expect(verdictOf(await ifMatch(ada.id, '"1"'))).toEqual([412, 'version_mismatch']);
    const back = await administrator.patch(`/v1/users/${ada.id}`, { status: 'active', username: ada.id });
    expect(back.body).toMatchObject({ status: 'active', username: ada.id, version: 3 });
  });

  it('applies both of two concurrent changes of a user', async () => {
    const answers = await Promise.all([
      administrator.patch(`/v1/users/${ada.id}`, { username: ada.id }),
      administrator.patch(`/v1/users/${ada.id}`, { status: 'disabled' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const user = await service.users.find(ada.id);
    expect(user).toMatchObject({ username: ada.id, status: 'disabled', version: 3 });
  });

  it('finds users by the exact email address, and by the username in any case', async () => {
    const email = `${ada.subject}@acme.example`;
    const [one, two] = [await service.signIn({ email }), await service.signIn({ email })];
    await rename(one, `Countess.${ada.subject}`);
    expect(await search(`email=${email}`)).toEqual([two.id, one.id]);
    expect(await search(`email=${email.toUpperCase()}`)).toEqual([]);
    expect(await search(`email=${email.slice(1)}`)).toEqual([]);
    expect(await search(`email=${email}&limit=1`)).toEqual([two.id]);
    expect(await search(`username=countess.${ada.subject}`)).toEqual([one.id]);
    expect(await search(`username=COUNTESS.${ada.subject}`)).toEqual([one.id]);
    expect(await search(`username=countess.${ada.subject}&email=${email}`)).toEqual([one.id]);
    expect(await search(`username=countess.${ada.subject}&email=ada@acme.example`)).toEqual([]);
  });

  it('lists every user once across pages, newest first', async () => {
    const email = `pages-${ada.subject}@acme.example`;
    const made: string[] = [];
    for (let n = 0; n < 7; n += 1) made.unshift((await service.signIn({ email })).id);
    const seen: unknown[] = [];
    let path: string | undefined = `/v1/users?limit=3&email=${email}`;
    for (let pages = 1; path !== undefined; pages += 1) {
      const answer: HttpAnswer = await administrator.get(path);
      seen.push(...idsIn(answer));
      const { nextCursor } = answer.body;
      path =
        nextCursor === null
          ? undefined
          : `/v1/users?limit=3&email=${email}&cursor=${textIn(answer.body, 'nextCursor')}`;
      expect(pages).toBeLessThanOrEqual(3);
    }
    expect(seen).toEqual(made);
    const exact = await administrator.get(`/v1/users?limit=7&email=${email}`);
    expect([idsIn(exact), exact.body['nextCursor']]).toEqual([made, null]);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=ten',
    'limit=1&limit=2',
    'cursor=nonsense',
    'cursor=',
    'email=a&email=b',
    `email=${'a'.repeat(321)}`,
    'email[$ne]=a',
    'email[]=a',
    'username=',
    'username=a%20b',
    'username=a&username=b',
    'username[$ne]=a',
    'status=active',
    '__proto__=1',
  ])('answers 400 to a list request with %s', async (query) => {
    const answer = await administrator.get(`/v1/users?${query}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      400,
      expect.stringContaining('application/problem+json'),
    ]);
  });

  it('accepts a key only if it has no binding and no owner', async () => {
    const may = async (request: object, scopes: readonly string[]): Promise<readonly unknown[]> => {
      const key = service.as((await service.issue({ ...request, scopes })).token);
      return [
        ...verdictOf(await key.get('/v1/users')),
        ...verdictOf(await key.patch(`/v1/users/${ada.id}`, { status: 'active' })),
      ];
    };
    const FORBIDDEN = [403, 'forbidden'];
    const LACKING = [403, 'insufficient_scope'];
    const both = ['users:read', 'users:write'];
    expect(await may({}, both)).toEqual([200, undefined, 200, undefined]);
    expect(await may({}, ['users:read'])).toEqual([200, undefined, ...LACKING]);
    expect(await may({}, ['users:write'])).toEqual([...LACKING, 200, undefined]);
    expect(await may({ orgId: 'acme' }, both)).toEqual([...FORBIDDEN, ...FORBIDDEN]);
    expect(await may({ projectId: 'apollo' }, both)).toEqual([...FORBIDDEN, ...FORBIDDEN]);
    expect(await may({ ownerId: ada.id }, both)).toEqual([...FORBIDDEN, ...FORBIDDEN]);
    const me = await service.as(service.root.token).get('/v1/users/me');
    expect(verdictOf(me)).toEqual([403, 'session_required']);
  });
});
