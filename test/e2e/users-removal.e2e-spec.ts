import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { ApiKeysService, rootCaller, StorageUnavailableError } from 'keyward';
import { inParallel } from '../../src/common/in-parallel';
import { KeyLimitOfUsers } from '../../src/users/owners/key-limit.service';
import type { JsonObject } from '../support/http-client';
import { testDatabaseUri } from '../support/test-database';
import {
  makeKey,
  type PeopleService,
  type Person,
  startedInTests,
  startPeopleService,
  STORAGES,
  verdictOf,
} from '../support/user-service';

const PROFILE = { email: 'ada@acme.example', name: 'Ada Lovelace', picture: 'https://acme.example/ada.png' };
const REASON = 'the owner was removed';

describe.each(STORAGES)('a removed user with the %s store', (storage) => {
  let service: PeopleService;
  let administrator: Person;

  beforeAll(async () => {
    service = await startPeopleService(storage);
    administrator = await service.signInAdministrator();
  });
  afterAll(async () => service.stop());

  const remove = async ({ id }: Person): Promise<number> =>
    (await administrator.client.delete(`/v1/users/${id}`)).status;

  it('has only revoked keys, and their histories name the reason [T75]', async () => {
    const ada = await service.signIn({ orgs: ['acme'] });
    const grace = await service.signIn({ orgs: ['acme'] });
    const keys = [await makeKey(ada.client), await makeKey(ada.client)];
    const others = await makeKey(grace.client);
    expect(await remove(ada)).toBe(204);

    for (const { id, token } of keys) {
      expect(verdictOf(await service.as(token).get('/v1/api-keys/self'))).toEqual([401, 'key_revoked']);
      const { body } = await administrator.client.get(`/v1/api-keys/${id}/history`);
      expect(body['data']).toMatchObject([
        { action: 'created', by: `user:${ada.id}` },
        { action: 'revoked', by: 'system', reason: REASON },
      ]);
      expect((await administrator.client.get(`/v1/api-keys/${id}`)).body).toMatchObject({
        status: 'revoked',
        ownerId: ada.id,
        createdBy: `user:${ada.id}`,
      });
    }
    expect((await service.as(others.token).get('/v1/api-keys/self')).status).toBe(200);
    await expect(service.users.pendingRemovals(10)).resolves.toEqual([]);
  });

  it('has all keys revoked even if there are more than 100', async () => {
    const ada = await service.signIn({ orgs: ['acme'] });
    const places = jest.spyOn(service.app.get(KeyLimitOfUsers), 'maxKeysOf').mockResolvedValue(1000);
    await inParallel(
      Array.from({ length: 105 }),
      5,
      async () => void (await service.issue({ ownerId: ada.id })),
    );
    places.mockRestore();
    expect(await remove(ada)).toBe(204);
    const left = await administrator.client.get(`/v1/api-keys?ownerId=${ada.id}&status=active&limit=100`);
    expect(left.body).toEqual({ data: [], nextCursor: null });
  });

  it('leaves already revoked keys unchanged', async () => {
    const ada = await service.signIn({ orgs: ['acme'] });
    const { id } = await makeKey(ada.client);
    expect((await ada.client.delete(`/v1/api-keys/${id}`)).status).toBe(204);
    const revoke = jest.spyOn(service.app.get(ApiKeysService), 'revoke');
    expect(await remove(ada)).toBe(204);
    expect(revoke).not.toHaveBeenCalled();
    revoke.mockRestore();
  });

  it('can be removed with If-Match, also in a retry with the same version after a 503', async () => {
    const ada = await service.signIn({ orgs: ['acme'] });
    const { token } = await makeKey(ada.client);
    const revoke = jest.spyOn(service.app.get(ApiKeysService), 'revoke');
    revoke.mockRejectedValueOnce(new StorageUnavailableError(new Error('unreachable')));
    const removal = async (): Promise<number> =>
      (await administrator.client.delete(`/v1/users/${ada.id}`, { 'If-Match': '"1"' })).status;
    expect(await removal()).toBe(503);
    expect(await removal()).toBe(204);
    revoke.mockRestore();
    expect(verdictOf(await service.as(token).get('/v1/api-keys/self'))).toEqual([401, 'key_revoked']);
  });

  it('can be removed repeatedly', async () => {
    const ada = await service.signIn();
    expect([await remove(ada), await remove(ada), await remove(ada)]).toEqual([204, 204, 204]);
  });

  it('can be removed by concurrent requests', async () => {
    const ada = await service.signIn({ orgs: ['acme'] });
    const { token } = await makeKey(ada.client);
    const answers = await Promise.all(Array.from({ length: 8 }, async () => remove(ada)));
    expect(new Set(answers)).toEqual(new Set([204]));
    expect(verdictOf(await service.as(token).get('/v1/api-keys/self'))).toEqual([401, 'key_revoked']);
  });

  it('is in no list and cannot be changed', async () => {
    const ada = await service.signIn(PROFILE);
    await ada.client.patch('/v1/users/me', { username: 'ada' });
    await remove(ada);
    for (const query of [`email=${PROFILE.email}`, 'username=ada']) {
      const { body } = await administrator.client.get(`/v1/users?${query}`);
      expect(body).toEqual({ data: [], nextCursor: null });
    }
    for (const patch of [{ status: 'active' }, { username: 'ada' }]) {
      const answer = await administrator.client.patch(`/v1/users/${ada.id}`, patch);
      expect(verdictOf(answer)).toEqual([404, 'not_found']);
    }
  });

  it('signs in again as a new user, who has none of the old keys and can take the old username', async () => {
    const ada = await service.signIn({ orgs: ['acme'], ...PROFILE });
    await ada.client.patch('/v1/users/me', { username: 'countess' });
    const { id } = await makeKey(ada.client);
    await remove(ada);

    const again = await service.signIn({ sub: ada.subject, orgs: ['acme'] });
    expect(again.id).not.toBe(ada.id);
    expect((await again.client.get('/v1/users/me')).body).toMatchObject({ username: null, email: null });
    expect((await again.client.get(`/v1/api-keys/${id}`)).status).toBe(404);
    expect((await again.client.patch('/v1/users/me', { username: 'countess' })).status).toBe(200);
    expect((await ada.client.get('/v1/users/me')).body).toMatchObject({ id: again.id });
  });
});

describe('the document of a removed user', () => {
  const start = startedInTests();

  it('contains no personal data', async () => {
    const service = await start('mongo');
    const documents = service.app
      .get<Connection>(getConnectionToken())
      .collection<JsonObject & { _id: string }>('users');
    const ada = await service.signIn({ orgs: ['acme'], ...PROFILE, email_verified: true });
    await ada.client.patch('/v1/users/me', { username: 'ada' });
    await makeKey(ada.client);
    const before = JSON.stringify(await documents.findOne({ _id: ada.id }));
    const personal = [...Object.values(PROFILE), '"ada"', ada.subject, service.issuer.url];
    for (const text of personal) expect(before).toContain(text);

    await service.as(service.root.token).delete(`/v1/users/${ada.id}`);
    const after = await documents.findOne({ _id: ada.id });
    expect(after).toMatchObject({ status: 'deleted', subject: ada.id, emailVerified: false });
    for (const text of personal) expect(JSON.stringify(after)).not.toContain(text);
  });
});

describe('a removal that a crash interrupts', () => {
  const start = startedInTests();

  it('makes the keys invalid at once, and is completed at the next start', async () => {
    const MONGODB_URI = testDatabaseUri('removal');
    const first = await start('mongo', { MONGODB_URI });
    const people = [await first.signIn({ orgs: ['acme'] }), await first.signIn({ orgs: ['globex'] })];
    const spared = await first.signIn({ orgs: ['acme'] });
    const keys = await Promise.all(people.map(async ({ client }) => makeKey(client)));
    const other = await makeKey(spared.client);
    for (const { id } of people) await first.users.remove(id);
    for (const { token } of keys) {
      expect(verdictOf(await first.as(token).get('/v1/api-keys/self'))).toEqual([401, 'owner_disabled']);
    }
    await expect(first.users.pendingRemovals(10)).resolves.toHaveLength(2);
    await first.stop();

    const second = await start('mongo', { MONGODB_URI });
    await expect(second.users.pendingRemovals(10)).resolves.toEqual([]);
    for (const { id, token } of keys) {
      expect(verdictOf(await second.as(token).get('/v1/api-keys/self'))).toEqual([401, 'key_revoked']);
      const stored = await second.app.get(ApiKeysService).history(rootCaller('system'), id);
      expect(stored).toMatchObject({ revokedBy: 'system', revokedReason: REASON });
    }
    expect((await second.as(other.token).get('/v1/api-keys/self')).status).toBe(200);
  });
});
