import { randomBytes } from 'node:crypto';
import {
  API_KEY_REPOSITORY,
  type ApiKeyRepository,
  ApiKeysModule,
  ApiKeysService,
  type CreateApiKey,
  type IssuedApiKey,
  type KeyPatch,
  rootCaller,
} from 'keyward';
import type { HttpAnswer, HttpClient } from '../support/http-client';
import { silence } from '../support/silent-feed';
import { storeOf } from '../support/stored-key';
import { ADAPTERS, type RunningHost, startHost } from '../support/two-adapters';
import { makeKey, type PeopleService, startPeopleService, verdictOf } from '../support/user-service';

const SELF = '/v1/api-keys/self';
const SCOPES = ['api-keys:*', 'users:*', 'memory:read'];
const root = rootCaller('system');

type Write = readonly [string, (client: HttpClient, targetId: string) => Promise<HttpAnswer>];

/** Every key route that creates or widens authority, or removes it from others. */
const WRITES: readonly Write[] = [
  ['creates a key', (client) => client.post('/v1/api-keys', { name: 'lasting', scopes: [] })],
  [
    'imports a key',
    (client) =>
      client.post('/v1/api-keys/import', {
        keys: [{ hash: randomBytes(32).toString('hex'), name: 'lasting', scopes: [] }],
      }),
  ],
  ['rotates another key', (client, id) => client.post(`/v1/api-keys/${id}/rotate`, {})],
  ['rotates itself', (client) => client.post(`${SELF}/rotate`, {})],
  ['adds scopes to a key', (client, id) => client.patch(`/v1/api-keys/${id}`, { scopes: ['memory:read'] })],
  ['enables a key', (client, id) => client.patch(`/v1/api-keys/${id}`, { enabled: true })],
  ['revokes a key', (client, id) => client.delete(`/v1/api-keys/${id}`)],
];

/** What happens to the caller in the store, and the answer that it gets. */
const ENDS: readonly (readonly [string, KeyPatch | 'revoke', readonly [number, string]])[] = [
  ['revoked', 'revoke', [401, 'key_revoked']],
  ['disabled', { enabled: false }, [401, 'key_disabled']],
  ['without its scopes', { scopes: ['memory:read'] }, [403, 'insufficient_scope']],
];

describe.each(ADAPTERS)('a key in an outdated cache on %s', (adapter) => {
  let host: RunningHost;
  let keys: ApiKeysService;
  let repository: ApiKeyRepository;

  beforeAll(async () => {
    host = await startHost(adapter, { imports: [ApiKeysModule.forRoot({ storage: 'memory' })] });
    keys = host.app.get(ApiKeysService);
    repository = host.app.get<ApiKeyRepository>(API_KEY_REPOSITORY);
    silence(repository);
  });
  afterAll(async () => host.close());

  const issue = async (request: Partial<CreateApiKey> = {}): Promise<IssuedApiKey> =>
    keys.create(root, { name: 'of acme', scopes: SCOPES, ...request });
  /** Uses a key, and then changes it in the store without an announcement to the cache. */
  const stale = async (change: KeyPatch | 'revoke'): Promise<HttpClient> => {
    const { key, token } = await issue();
    const client = host.as(token);
    expect((await client.get(SELF)).status).toBe(200);
    if (change === 'revoke') await keys.revoke(root, key.id);
    else await keys.update(root, key.id, change);
    return client;
  };
  const stored = async (): Promise<unknown> => repository.list({ limit: 100 });

  describe.each(ENDS)('that is %s in the store', (_end, change, expected) => {
    it.each(WRITES)('is rejected if it %s, and changes nothing [T13]', async (_what, write) => {
      const target = await issue({ scopes: [], enabled: false });
      const client = await stale(change);
      const before = await stored();
      expect(verdictOf(await write(client, target.key.id))).toEqual(expected);
      expect(await stored()).toEqual(before);
    });
  });

  it('is still accepted for reads, which use the cache', async () => {
    const client = await stale('revoke');
    expect((await client.get(SELF)).status).toBe(200);
  });

  it('can make all of these changes while it is valid in the store', async () => {
    for (const [what, write] of WRITES) {
      const { token } = await issue();
      const target = await issue({ scopes: [] });
      const { status } = await write(host.as(token), target.key.id);
      expect([what, [200, 201, 204].includes(status)]).toEqual([what, true]);
    }
  });
});

describe('the service with an outdated cache', () => {
  let service: PeopleService;

  beforeAll(async () => {
    service = await startPeopleService('memory');
    silence(storeOf(service));
    silence(service.users);
  });
  afterAll(async () => service.stop());

  it('rejects changes and removals of users by a revoked key [T13]', async () => {
    const { id } = await service.signIn();
    const { key, token } = await service.issue({ scopes: ['users:write'] });
    const client = service.as(token);
    expect((await client.get(SELF)).status).toBe(200);
    await service.app.get(ApiKeysService).revoke(root, key.id);
    expect(verdictOf(await client.patch(`/v1/users/${id}`, { status: 'disabled' }))).toEqual([
      401,
      'key_revoked',
    ]);
    expect(verdictOf(await client.delete(`/v1/users/${id}`))).toEqual([401, 'key_revoked']);
    expect(await service.users.find(id)).toMatchObject({ status: 'active', version: 1 });
  });

  it('rejects the creation of a key by a key whose owner is disabled [T13]', async () => {
    const { id } = await service.signIn({ orgs: ['globex'] });
    const { token } = await service.issue({ scopes: ['api-keys:write'], ownerId: id, orgId: 'globex' });
    const client = service.as(token);
    expect((await client.get(SELF)).status).toBe(200);
    await service.users.change(id, 1, { status: 'disabled' });
    expect((await client.get(SELF)).status).toBe(200);
    const made = await client.post('/v1/api-keys', { name: 'lasting', scopes: [] });
    expect(verdictOf(made)).toEqual([401, 'owner_disabled']);
  });

  it('rejects every change by the session of a disabled user [T13]', async () => {
    const { id, client } = await service.signIn({ orgs: ['acme'] });
    const key = await makeKey(client);
    await service.users.change(id, 1, { status: 'disabled' });
    const refused = [403, 'user_disabled'];
    expect(verdictOf(await client.post('/v1/api-keys', { name: 'lasting', scopes: [] }))).toEqual(refused);
    expect(verdictOf(await client.patch(`/v1/api-keys/${key.id}`, { enabled: true }))).toEqual(refused);
    expect(verdictOf(await client.post(`/v1/api-keys/${key.id}/rotate`, {}))).toEqual(refused);
    expect(verdictOf(await client.patch('/v1/users/me', { username: 'ada' }))).toEqual(refused);
  });
});
