import {
  makeKey,
  type MadeKey,
  type PeopleService,
  type Person,
  startPeopleService,
  STORAGES,
  verdictOf,
} from '../support/user-service';
import type { HttpAnswer, HttpClient, JsonObject } from '../support/http-client';

const END = '2090-01-01T00:00:00.000Z';
const LATER = '2091-01-01T00:00:00.000Z';

/** Restrictions that an administrator sets on a user's key, and changes that would undo them. */
const RESTRICTIONS: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['enabled', { enabled: false }, { enabled: true }],
  ['expiresAt', { expiresAt: END }, { expiresAt: null }],
  ['expiresAt', { expiresAt: END }, { expiresAt: LATER }],
  ['allowedIps', { allowedIps: ['127.0.0.1'] }, { allowedIps: [] }],
  ['rateLimits', { rateLimits: [{ name: 'default', limit: 5, windowSeconds: 60 }] }, { rateLimits: null }],
];

const ofAcme = async (client: HttpClient, body: JsonObject = {}): Promise<MadeKey> =>
  makeKey(client, { orgId: 'acme', ...body });
const change = async (
  client: HttpClient,
  { id }: Pick<MadeKey, 'id'>,
  body: JsonObject,
): Promise<HttpAnswer> => client.patch(`/v1/api-keys/${id}`, body);

describe.each(STORAGES)('a user whose keys an administrator restricts, with the %s store', (storage) => {
  let service: PeopleService;
  let ada: Person;
  let administrator: HttpClient;
  let manager: HttpClient;

  beforeAll(async () => {
    service = await startPeopleService(storage);
    ada = await service.signIn({ orgs: ['acme', 'globex'] });
    administrator = (await service.signInAdministrator()).client;
    const { token } = await service.issue({
      ownerId: ada.id,
      scopes: ['api-keys:write', 'api-keys:read', 'memory:*'],
    });
    manager = service.as(token);
  });
  afterAll(async () => service.stop());

  const expectRefused = async (key: MadeKey, field: string, undo: JsonObject): Promise<void> => {
    for (const client of [ada.client, manager]) {
      const answer = await change(client, key, undo);
      expect([...verdictOf(answer), answer.body['exceeded']]).toEqual([403, 'delegation_exceeded', [field]]);
      expect(answer.body['detail']).toContain(
        'Another caller set this restriction, so the owner of the key cannot loosen it',
      );
    }
  };

  it.each(RESTRICTIONS)(
    'cannot undo the restriction of %s from %j to %j [T74]',
    async (field, restrict, undo) => {
      const key = await ofAcme(ada.client);
      expect((await change(administrator, key, restrict)).status).toBe(200);
      await expectRefused(key, field, undo);
      expect((await change(ada.client, key, { name: 'renamed' })).status).toBe(200);
      await expectRefused(key, field, undo);
      expect((await ada.client.get(`/v1/api-keys/${key.id}`)).body).toMatchObject({
        ...restrict,
        name: 'renamed',
      });
      expect((await change(administrator, key, undo)).body).toMatchObject(
        field === 'allowedIps' || field === 'rateLimits' ? { [field]: [] } : undo,
      );
    },
  );

  it.each(RESTRICTIONS)(
    'can undo its own restriction of %s from %j to %j',
    async (_field, restrict, undo) => {
      const key = await ofAcme(ada.client);
      for (const client of [ada.client, manager]) {
        expect((await change(client, key, restrict)).status).toBe(200);
        expect((await change(client, key, undo)).status).toBe(200);
      }
    },
  );

  it('cannot undo a restriction that an administrator set at creation, or set after the user did', async () => {
    const given = await ofAcme(administrator, { ownerId: ada.id, expiresAt: END, enabled: false });
    await expectRefused(given, 'expiresAt', { expiresAt: null });
    await expectRefused(given, 'enabled', { enabled: true });
    const own = await ofAcme(ada.client, { enabled: false });
    expect((await change(administrator, own, { enabled: false })).body).toMatchObject({ version: 2 });
    expect((await change(administrator, own, { enabled: false })).body).toMatchObject({ version: 2 });
    await expectRefused(own, 'enabled', { enabled: true });
  });

  it('can shorten an expiry that an administrator set, and extend it only back to that date', async () => {
    const key = await ofAcme(administrator, { ownerId: ada.id, expiresAt: END });
    expect((await change(ada.client, key, { expiresAt: '2080-01-01T00:00:00Z' })).status).toBe(200);
    await expectRefused(key, 'expiresAt', { expiresAt: LATER });
    expect((await change(ada.client, key, { expiresAt: END })).status).toBe(200);
  });

  it('cannot undo the restriction of a former owner [T74]', async () => {
    const grace = await service.signIn({ orgs: ['acme'] });
    const key = await ofAcme(grace.client, { expiresAt: END });
    expect((await change(administrator, key, { ownerId: ada.id })).status).toBe(200);
    await expectRefused(key, 'expiresAt', { expiresAt: null });
  });
});
