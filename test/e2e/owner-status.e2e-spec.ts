import { newKeyId } from '../../src/api-keys/domain/key-id';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import { StorageUnavailableError } from 'keyward';
import { KeyLimitOfUsers } from '../../src/users/owners/key-limit.service';
import type { HttpAnswer } from '../support/http-client';
import {
  type MadeKey,
  makeKey,
  type PeopleService,
  type Person,
  startPeopleService,
  STORAGES,
  verdictOf,
} from '../support/user-service';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const WORKS = { guard: [200, undefined], forwardAuth: 200, verify: 'VALID', introspect: true };
const STOPPED = {
  guard: [401, 'owner_disabled'],
  forwardAuth: 401,
  verify: 'OWNER_DISABLED',
  introspect: false,
};

describe.each(STORAGES)('the service with users in the %s store', (storage) => {
  let service: PeopleService;
  let administrator: Person;
  let owner: Person;
  let key: MadeKey;

  beforeAll(async () => {
    service = await startPeopleService(storage);
    administrator = await service.signInAdministrator();
  });
  afterAll(async () => service.stop());
  beforeEach(async () => {
    owner = await service.signIn({ orgs: ['acme'] });
    key = await makeKey(owner.client);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Returns the decision on a token at every door. */
  const atEveryDoor = async (token: string): Promise<object> => {
    const root = service.as(service.root.token);
    const verified = await root.post('/v1/api-keys/verify', { token, authenticated: true, orgId: 'acme' });
    const inspected = await root.post('/oauth2/introspect', `token=${token}&org_id=acme`, FORM);
    const holder = service.as(token);
    return {
      guard: verdictOf(await holder.get('/v1/api-keys/self')),
      forwardAuth: (await holder.get('/v1/forward-auth?scope=memory:read&org=acme')).status,
      verify: verified.body['code'],
      introspect: inspected.body['active'],
    };
  };
  const setStatus = async ({ id }: Person, status: string): Promise<HttpAnswer> =>
    administrator.client.patch(`/v1/users/${id}`, { status });

  it('rejects the keys of a disabled owner at every door until the owner is active again [T75]', async () => {
    const second = await service.issue({ ownerId: owner.id, scopes: ['memory:read'], orgId: 'acme' });
    const colleague = await service.signIn({ orgs: ['acme'] });
    const untouched = await makeKey(colleague.client);
    const tokens = [key.token, second.token];
    for (const token of tokens) expect(await atEveryDoor(token)).toEqual(WORKS);

    expect((await setStatus(owner, 'disabled')).body).toMatchObject({ status: 'disabled', version: 2 });
    for (const token of tokens) expect(await atEveryDoor(token)).toEqual(STOPPED);
    expect(await atEveryDoor(untouched.token)).toEqual(WORKS);

    expect((await setStatus(owner, 'active')).body).toMatchObject({ status: 'active', version: 3 });
    for (const token of tokens) expect(await atEveryDoor(token)).toEqual(WORKS);
  });

  it('rejects every request of a disabled user’s session with 403', async () => {
    await setStatus(owner, 'disabled');
    const { client } = owner;
    const answers = await Promise.all([
      client.get('/v1/users/me'),
      client.patch('/v1/users/me', { username: 'escape' }),
      client.get('/v1/api-keys'),
      client.post('/v1/api-keys', { name: 'n', scopes: [] }),
      client.delete(`/v1/api-keys/${key.id}`),
    ]);
    expect(answers.map(verdictOf)).toEqual(answers.map(() => [403, 'user_disabled']));

    await setStatus(owner, 'active');
    expect((await client.get(`/v1/api-keys/${key.id}`)).status).toBe(200);
  });

  it('rejects a new key for a disabled owner with 409', async () => {
    await setStatus(owner, 'disabled');
    const answer = await administrator.client.post('/v1/api-keys', {
      name: 'n',
      scopes: [],
      ownerId: owner.id,
    });
    expect(verdictOf(answer)).toEqual([409, 'key_limit_reached']);
  });

  it('rejects a disabled administrator with 403', async () => {
    const second = await service.signInAdministrator();
    await setStatus(second, 'disabled');
    const escape = await second.client.patch(`/v1/users/${second.id}`, { status: 'active' });
    expect(verdictOf(escape)).toEqual([403, 'user_disabled']);
  });

  it('rejects the keys of an owner who does not exist', async () => {
    jest.spyOn(service.app.get(KeyLimitOfUsers), 'maxKeysOf').mockResolvedValueOnce(50);
    const { token } = await service.issue({ ownerId: newKeyId(new Date()), scopes: ['memory:read'] });
    expect(await atEveryDoor(token)).toEqual(STOPPED);
  });

  it('accepts the key of a disabled owner after an administrator moves it to another owner', async () => {
    const heir = await service.signIn({ orgs: ['acme'] });
    await setStatus(owner, 'disabled');
    expect(await atEveryDoor(key.token)).toEqual(STOPPED);
    const moved = await administrator.client.patch(`/v1/api-keys/${key.id}`, { ownerId: heir.id });
    expect(moved.body).toMatchObject({ ownerId: heir.id, createdBy: `user:${owner.id}` });
    expect(await atEveryDoor(key.token)).toEqual(WORKS);

    expect((await administrator.client.delete(`/v1/users/${owner.id}`)).status).toBe(204);
    expect(await atEveryDoor(key.token)).toEqual(WORKS);
    await setStatus(heir, 'disabled');
    expect(await atEveryDoor(key.token)).toEqual(STOPPED);
  });

  it('accepts a key without an owner, even if its former owner is disabled', async () => {
    await administrator.client.patch(`/v1/api-keys/${key.id}`, { ownerId: null });
    await setStatus(owner, 'disabled');
    expect(await atEveryDoor(key.token)).toEqual(WORKS);
  });

  it('answers 401 to forged tokens even while the user store is unavailable', async () => {
    jest
      .spyOn(service.users, 'find')
      .mockRejectedValue(new StorageUnavailableError(new Error('unreachable')));
    const answers: string[] = [];
    for (const id of [key.id, newKeyId(new Date())]) {
      const { status, text } = await service.as(issueToken('kw', id).token).get('/v1/api-keys/self');
      answers.push(`${status} ${text}`);
    }
    expect(answers[0]).toContain('invalid_token');
    expect(answers[1]).toBe(answers[0]);

    const genuine = await service.as(key.token).get('/v1/api-keys/self');
    expect(verdictOf(genuine)).toEqual([503, 'storage_unavailable']);
    expect(genuine.headers.get('retry-after')).toBe('1');
    jest.restoreAllMocks();
    expect(await atEveryDoor(key.token)).toEqual(WORKS);
  });
});
