import { createHash } from 'node:crypto';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import {
  makeKey,
  pageIn,
  type PeopleService,
  type Person,
  startedInTests,
  startPeopleService,
  STORAGES,
  verdictOf,
} from '../support/user-service';

const MAX = 50;
const FULL = [409, 'key_limit_reached'];
const BODY = { name: 'made', scopes: ['memory:read'] };

async function liveKeys({ client }: Person): Promise<number> {
  return pageIn(await client.get('/v1/api-keys?limit=100&status=active')).length;
}

describe.each(STORAGES)('the maximum of 50 keys per user with the %s store', (storage) => {
  let service: PeopleService;
  let owner: Person;

  beforeAll(async () => {
    service = await startPeopleService(storage);
  });
  afterAll(async () => service.stop());
  beforeEach(async () => {
    owner = await service.signIn({ orgs: ['acme'] });
  });

  /** Reserves slots as a service does that stops before it creates the keys. */
  const crash = async ({ id }: Person, count: number, agoMs: number): Promise<void> => {
    const at = new Date(Date.now() - agoMs);
    const { slots } = service.app.get<ApiKeyRepository>(API_KEY_REPOSITORY);
    const kept = await slots?.open(`owner:${id}`);
    const left = Array.from({ length: count }, () => ({ keyId: newKeyId(at), at }));
    await slots?.seed(`owner:${id}`, kept?.revision ?? 0, {
      slots: [...(kept?.slots ?? []), ...left],
      seededAt: new Date(),
    });
  };

  it('allows exactly 50 of 60 concurrent requests [T76]', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, async () => owner.client.post('/v1/api-keys', BODY)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(MAX);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(verdictOf)).toEqual(Array.from({ length: 10 }, () => FULL));
    await expect(liveKeys(owner)).resolves.toBe(MAX);

    const stranger = await service.signIn({ orgs: ['globex'] });
    await expect(makeKey(stranger.client)).resolves.toBeDefined();
  });

  it('does not count revoked keys', async () => {
    await crash(owner, MAX - 1, 0);
    const { id } = await makeKey(owner.client);
    expect(verdictOf(await owner.client.post('/v1/api-keys', BODY))).toEqual(FULL);
    expect((await owner.client.delete(`/v1/api-keys/${id}`)).status).toBe(204);
    await makeKey(owner.client);
    expect(verdictOf(await owner.client.post('/v1/api-keys', BODY))).toEqual(FULL);
  });

  it('does not count slots that a crash left behind more than a minute ago', async () => {
    await crash(owner, MAX - 1, 1000);
    await crash(owner, 1, 61_000);
    await makeKey(owner.client);
    expect(verdictOf(await owner.client.post('/v1/api-keys', BODY))).toEqual(FULL);
  });

  it('counts keys that an administrator creates or imports for the user', async () => {
    const { client } = await service.signInAdministrator();
    await crash(owner, MAX - 2, 0);
    await makeKey(client, { ownerId: owner.id });
    const records = ['one', 'two'].map((name) => ({
      hash: createHash('sha256').update(`${name} of ${owner.id}`).digest('hex'),
      name,
      scopes: [],
      ownerId: owner.id,
    }));
    const imported = await service.as(service.root.token).post('/v1/api-keys/import', { keys: records });
    expect(imported.body).toMatchObject({ imported: 1, refused: 1 });
    expect(verdictOf(await client.post('/v1/api-keys', { ...BODY, ownerId: owner.id }))).toEqual(FULL);
    expect(verdictOf(await owner.client.post('/v1/api-keys', BODY))).toEqual(FULL);
    await expect(liveKeys(owner)).resolves.toBe(2);
  });

  it('counts a moved key for its new owner', async () => {
    const { client } = await service.signInAdministrator();
    const other = await service.signIn({ orgs: ['acme'] });
    await crash(owner, MAX - 1, 0);
    await crash(other, MAX - 1, 0);
    const { id } = await makeKey(owner.client);
    expect((await client.patch(`/v1/api-keys/${id}`, { ownerId: other.id })).status).toBe(200);
    expect(verdictOf(await other.client.post('/v1/api-keys', BODY))).toEqual(FULL);

    const { id: next } = await makeKey(owner.client);
    expect(verdictOf(await client.patch(`/v1/api-keys/${next}`, { ownerId: other.id }))).toEqual(FULL);
    expect((await owner.client.get(`/v1/api-keys/${next}`)).body).toMatchObject({ ownerId: owner.id });
  });

  it('counts keys that a key of the user creates', async () => {
    const { token } = await service.issue({ scopes: ['api-keys:write'], ownerId: owner.id });
    await crash(owner, MAX - 2, 0);
    await makeKey(service.as(token), { scopes: [] });
    expect(verdictOf(await service.as(token).post('/v1/api-keys', { name: 'child', scopes: [] }))).toEqual(
      FULL,
    );
  });
});

describe('USER_MAX_KEYS', () => {
  const start = startedInTests();

  it('sets the maximum number of live keys per user', async () => {
    const service = await start('memory', { USER_MAX_KEYS: '2' });
    const { client } = await service.signIn({ orgs: ['acme'] });
    for (let n = 0; n < 2; n += 1) await makeKey(client);
    const refused = await client.post('/v1/api-keys', BODY);
    expect(verdictOf(refused)).toEqual(FULL);
    expect(refused.body['detail']).toContain('at most 2 live keys');
  });
});
