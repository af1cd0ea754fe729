import type { HttpAnswer, JsonObject } from '../support/http-client';
import {
  makeKey,
  pageIn,
  type PeopleService,
  startedInTests,
  startPeopleService,
  STORAGES,
  textIn,
  verdictOf,
} from '../support/user-service';

const DAY_MS = 86_400_000;
const made = (fields: JsonObject): unknown => [201, undefined, expect.objectContaining(fields)];
const refused = (...exceeded: readonly string[]): unknown => [
  403,
  'delegation_exceeded',
  expect.objectContaining({ exceeded }),
];
const outcome = (answer: HttpAnswer): unknown => [...verdictOf(answer), answer.body];
const aRequest = (fields: JsonObject): JsonObject => ({ name: 'made', scopes: [], ...fields });
const SOMEBODY = '01jd8x4k2m6n8p0q2r4s6t8v0w';

describe.each(STORAGES)('a user with the %s store', (storage) => {
  let service: PeopleService;

  beforeAll(async () => {
    service = await startPeopleService(storage);
  });
  afterAll(async () => service.stop());

  it.each<readonly [string, unknown, JsonObject, unknown]>([
    [
      'creates keys bound to its only organisation, if the claim is text',
      'acme',
      {},
      made({ orgId: 'acme' }),
    ],
    [
      'creates keys bound to its only organisation, if the claim is a list',
      ['acme'],
      {},
      made({ orgId: 'acme', projectId: null }),
    ],
    [
      'can limit a key to a project of its organisation',
      ['acme'],
      { projectId: 'p' },
      made({ projectId: 'p' }),
    ],
    ['can name its only organisation', ['acme'], { orgId: 'acme' }, made({ orgId: 'acme' })],
    ['cannot create an unbound key', ['acme'], { orgId: null }, refused('orgId')],
    ['cannot name another organisation', ['acme'], { orgId: 'globex' }, refused('orgId')],
    ['cannot name its organisation in capitals', ['acme'], { orgId: 'ACME' }, refused('orgId')],
    ['cannot set an external id', ['acme'], { externalId: 'c-7' }, refused('externalId')],
    ['can set the external id to null', ['acme'], { externalId: null }, made({ externalId: null })],
    ['must name an organisation if it has several', ['acme', 'globex'], {}, refused('orgId')],
    [
      'can name the second of two organisations',
      ['acme', 'globex'],
      { orgId: 'globex' },
      made({ orgId: 'globex' }),
    ],
    ['cannot name a third organisation', ['acme', 'globex'], { orgId: 'initech' }, refused('orgId')],
    ['cannot create a key if its list of organisations is empty', [], {}, refused('orgId')],
    ['cannot create a key if the session has no organisation claim', undefined, {}, refused('orgId')],
    [
      'cannot name an organisation if the session has no organisation claim',
      undefined,
      { orgId: 'acme' },
      refused('orgId'),
    ],
    [
      'cannot create a key if the organisation claim is an object',
      { acme: true },
      { orgId: 'acme' },
      refused('orgId'),
    ],
    [
      'cannot create a key if the claim contains only invalid organisation names',
      ['*', '', 'a b', 7.5, 1e300],
      {},
      refused('orgId'),
    ],
  ])('%s', async (_who, orgs, fields, expected) => {
    const { client } = await service.signIn(orgs === undefined ? {} : { orgs });
    expect(outcome(await client.post('/v1/api-keys', aRequest(fields)))).toEqual(expected);
  });

  it.each<readonly [string, readonly string[], unknown]>([
    ['none', [], made({ scopes: [] })],
    ['all of them', ['memory:*'], made({ scopes: ['memory:*'] })],
    [
      'a part of them',
      ['memory:read', 'memory:write:all'],
      made({ scopes: ['memory:read', 'memory:write:all'] }),
    ],
    ['every scope', ['*'], refused('scopes')],
    ['a part of them and another scope', ['memory:read', 'billing:read'], refused('scopes')],
    ['a scope that the wildcard does not cover', ['memory'], refused('scopes')],
    ['a scope of the session itself', ['api-keys:read'], refused('scopes')],
    ['a scope for managing users', ['users:write'], refused('scopes')],
  ])('can grant only grantable scopes: %s [T72]', async (_what, scopes, expected) => {
    const { client } = await service.signIn({ orgs: ['acme'] });
    expect(outcome(await client.post('/v1/api-keys', aRequest({ scopes })))).toEqual(expected);
  });

  it('owns every key that it creates, and cannot name another owner', async () => {
    const { id, client } = await service.signIn({ orgs: ['acme'] });
    const post = async (fields: JsonObject): Promise<unknown> =>
      outcome(await client.post('/v1/api-keys', aRequest(fields)));
    expect(await post({})).toEqual(made({ ownerId: id, createdBy: `user:${id}` }));
    expect(await post({ ownerId: id })).toEqual(made({ ownerId: id }));
    expect(await post({ ownerId: SOMEBODY })).toEqual(refused('ownerId'));
    expect(await post({ ownerId: null })).toEqual(refused('ownerId'));
  });

  it('can create a key that outlives the session', async () => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const { client } = await service.signIn({ orgs: ['acme'], exp });
    const expiresAt = new Date(Date.now() + 30 * DAY_MS).toISOString();
    expect(outcome(await client.post('/v1/api-keys', aRequest({})))).toEqual(made({ expiresAt: null }));
    expect(outcome(await client.post('/v1/api-keys', aRequest({ expiresAt })))).toEqual(made({ expiresAt }));
  });

  it('can restrict a key that exceeds its own rights, but cannot extend it', async () => {
    const owner = await service.signIn({ orgs: ['acme'] });
    const { key } = await service.issue({
      ownerId: owner.id,
      orgId: 'acme',
      scopes: ['memory:read', 'billing:read'],
    });
    const path = `/v1/api-keys/${key.id}`;
    expect(outcome(await owner.client.post(`${path}/rotate`, {}))).toEqual(refused('scopes'));
    expect(outcome(await owner.client.patch(path, { expiresAt: null, allowedIps: ['203.0.113.7'] }))).toEqual(
      [200, undefined, expect.objectContaining({ allowedIps: ['203.0.113.7'] })],
    );
    expect(outcome(await owner.client.patch(path, { allowedIps: [] }))).toEqual(refused('scopes'));
    expect((await owner.client.patch(path, { enabled: false })).status).toBe(200);
    expect(outcome(await owner.client.patch(path, { enabled: true }))).toEqual(refused('scopes'));
    expect((await owner.client.patch(path, { scopes: ['memory:read'] })).status).toBe(200);
    expect((await owner.client.patch(path, { enabled: true })).status).toBe(200);
    expect((await owner.client.post(`${path}/rotate`, {})).status).toBe(200);
  });

  it('can revoke keys of an organisation that it left, but gets 403 for a rotation', async () => {
    const before = await service.signIn({ orgs: ['acme'] });
    const { id } = await makeKey(before.client);
    const { client } = await service.signIn({ sub: before.subject, orgs: ['globex'] });
    const path = `/v1/api-keys/${id}`;
    expect((await client.get(path)).body).toMatchObject({ orgId: 'acme' });
    expect(outcome(await client.post(`${path}/rotate`, {}))).toEqual(refused('orgId'));
    expect(outcome(await client.patch(path, { scopes: ['memory:*'] }))).toEqual(refused('orgId'));
    expect((await client.delete(path)).status).toBe(204);
  });

  it('can grant every scope as an administrator', async () => {
    const { id, client } = await service.signInAdministrator();
    const answer = await client.post('/v1/api-keys', aRequest({ scopes: ['*'] }));
    expect(outcome(answer)).toEqual(
      made({ scopes: ['*'], orgId: null, ownerId: null, createdBy: `user:${id}` }),
    );
  });

  it.each([
    ['roles', ['ADMIN']],
    ['roles', 'administrator'],
    ['roles', { admin: true }],
    ['role', ['admin']],
  ])('is not an administrator with %s %j', async (claim, value) => {
    const { client } = await service.signIn({ orgs: ['acme'], [claim]: value });
    expect(verdictOf(await client.get('/v1/users'))).toEqual([403, 'insufficient_scope']);
    expect(outcome(await client.post('/v1/api-keys', aRequest({ scopes: ['*'] })))).toEqual(
      refused('scopes'),
    );
  });

  it('owns the keys that its keys create, and its keys see only keys of the same owner', async () => {
    const owner = await service.signIn({ orgs: ['acme'] });
    const other = await service.signIn({ orgs: ['acme'] });
    const theirs = await makeKey(other.client);
    const loose = await service.issue({ orgId: 'acme' });
    const scopes = ['api-keys:*', 'memory:*', 'users:*'];
    const key = service.as((await service.issue({ ownerId: owner.id, orgId: 'acme', scopes })).token);
    const child = await makeKey(key, { scopes });
    expect((await owner.client.get(`/v1/api-keys/${child.id}`)).body).toMatchObject({
      ownerId: owner.id,
      orgId: 'acme',
    });

    for (const id of [theirs.id, loose.key.id]) {
      expect((await key.get(`/v1/api-keys/${id}`)).status).toBe(404);
      expect((await key.patch(`/v1/api-keys/${id}`, { enabled: false })).status).toBe(404);
      expect((await key.delete(`/v1/api-keys/${id}`)).status).toBe(404);
    }
    const owners = pageIn(await key.get('/v1/api-keys?limit=100')).map(({ ownerId }) => ownerId);
    expect([owners.length, new Set(owners)]).toEqual([2, new Set([owner.id])]);

    const grandchild = service.as(child.token);
    expect(outcome(await grandchild.post('/v1/api-keys', aRequest({ ownerId: other.id })))).toEqual(
      refused('ownerId'),
    );
    expect(verdictOf(await grandchild.get('/v1/users'))).toEqual([403, 'forbidden']);
  });
});

describe('a user with USER_UNBOUND_KEYS=true', () => {
  const start = startedInTests();

  it('can create unbound keys, with grantable scopes only', async () => {
    const service = await start('memory', { USER_UNBOUND_KEYS: 'true' });
    const { id, client } = await service.signIn();
    const answer = await client.post('/v1/api-keys', { name: 'made', scopes: ['memory:read'] });
    expect(outcome(answer)).toEqual(made({ orgId: null, ownerId: id }));
    const greedy = await client.post('/v1/api-keys', { name: 'made', scopes: ['billing:read'] });
    expect(outcome(greedy)).toEqual(refused('scopes'));
    const foreign = await client.post('/v1/api-keys', { name: 'made', scopes: [], ownerId: SOMEBODY });
    expect(outcome(foreign)).toEqual(refused('ownerId'));
  });
});

describe('a service with a maximum key lifetime', () => {
  const start = startedInTests();

  it.each(['people', 'administrators'])('applies the maximum to keys of %s', async (who) => {
    const service = await start('memory', { API_KEY_MAX_TTL_DAYS: '7' });
    const { client } =
      who === 'people' ? await service.signIn({ orgs: ['acme'] }) : await service.signInAdministrator();
    const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
    const post = async (fields: JsonObject): Promise<HttpAnswer> =>
      client.post('/v1/api-keys', { name: 'made', scopes: [], ...fields });

    const { body } = await post({});
    expect(Math.abs(Date.parse(textIn(body, 'expiresAt')) - Date.now() - 7 * DAY_MS)).toBeLessThan(60_000);
    for (const expiresAt of [inDays(8), null]) expect((await post({ expiresAt })).status).toBe(400);
    expect((await post({ expiresAt: inDays(6) })).status).toBe(201);
    const longer = await client.patch(`/v1/api-keys/${textIn(body, 'id')}`, { expiresAt: inDays(8) });
    expect(longer.status).toBe(400);
  });
});

describe('a user without grantable scopes', () => {
  const start = startedInTests();

  it('can create only keys without scopes', async () => {
    const service = await start('memory', { USER_GRANTABLE_SCOPES: '' });
    const { client } = await service.signIn({ orgs: ['acme'] });
    const post = async (scopes: readonly string[]): Promise<unknown> =>
      outcome(await client.post('/v1/api-keys', { name: 'made', scopes }));
    expect(await post([])).toEqual(made({ scopes: [] }));
    expect(await post(['memory:read'])).toEqual(refused('scopes'));
  });
});
