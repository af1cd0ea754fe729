import { Global, Module, type Type } from '@nestjs/common';
import {
  API_KEY_REPOSITORY,
  type ApiKeyRepository,
  ApiKeysService,
  type IssuedApiKey,
  OWNER_STATUS,
  type OwnerStatus,
  rootCaller,
  StorageUnavailableError,
} from 'keyward';
import type { HttpAnswer } from '../support/http-client';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';

const ACME = '/orgs/acme/projects/apollo/memories';
const GLOBEX = '/orgs/globex/projects/apollo/memories';

const memory = { scopes: ['memory:read', 'memory:write'] };

function expectUnavailable(answer: HttpAnswer): void {
  expect([answer.status, answer.body['code']]).toEqual([503, 'storage_unavailable']);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
  expect(answer.headers.get('www-authenticate')).toBeNull();
}

describe.each(ADAPTERS)('a host on %s during a store outage', (adapter) => {
  let host: MemoriesHost;
  let acme: IssuedApiKey;
  let globex: IssuedApiKey;
  let find: jest.SpiedFunction<ApiKeyRepository['find']>;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter);
    acme = await host.issue({ ...memory, orgId: 'acme' });
    globex = await host.issue({ ...memory, orgId: 'globex' });
  });

  beforeEach(() => {
    find = jest
      .spyOn(host.app.get<ApiKeyRepository>(API_KEY_REPOSITORY), 'find')
      .mockRejectedValue(new StorageUnavailableError(new Error('connection refused by 10.0.0.7')));
  });

  afterEach(() => find.mockRestore());

  afterAll(async () => host.close());

  it('answers valid keys of both tenants with 503 and Retry-After', async () => {
    for (const answer of [
      await host.as(acme.token).get(ACME),
      await host.as(acme.token).post(ACME),
      await host.as(globex.token).get(GLOBEX),
      await host.as(globex.token).get(ACME),
    ]) {
      expectUnavailable(answer);
      expect(answer.text).not.toContain('keeps');
      expect(answer.text).not.toContain('10.0.0.7');
    }
  });

  it('still rejects missing and malformed credentials with 401, and serves public routes', async () => {
    expect((await host.as().get(ACME)).status).toBe(401);
    expect((await host.as('nonsense').get(ACME)).body['code']).toBe('malformed_token');
    expect((await host.as(acme.token).get('/status')).status).toBe(200);
  });

  it('answers 500 without details if the store fails with an unexpected error', async () => {
    find.mockRejectedValue(new TypeError('a fault of the store'));
    const answer = await host.as(acme.token).get(ACME);

    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/keeps|a fault of the store/);
  });

  it('serves both tenants again as soon as the store has recovered', async () => {
    expectUnavailable(await host.as(acme.token).get(ACME));
    find.mockRestore();

    expect((await host.as(acme.token).get(ACME)).status).toBe(200);
    expect((await host.as(globex.token).get(GLOBEX)).status).toBe(200);
  });
});

describe.each(ADAPTERS)('a host on %s that provides the status of owners', (adapter) => {
  const isActive = jest.fn<ReturnType<OwnerStatus['isActive']>, [ownerId: string]>();
  let host: MemoriesHost;
  let ann: IssuedApiKey;
  let bob: IssuedApiKey;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter, {}, { imports: [usersOf({ isActive })] });
    ann = await host.issue({ ...memory, orgId: 'acme', ownerId: 'ann' });
    bob = await host.issue({ ...memory, orgId: 'globex', ownerId: 'bob' });
  });

  beforeEach(() => isActive.mockReset().mockResolvedValue(true));

  afterAll(async () => host.close());

  it('accepts the keys of active owners', async () => {
    const ofAcme = await host.as(ann.token).get(ACME);
    const ofGlobex = await host.as(bob.token).get(GLOBEX);

    expect([ofAcme.status, ofGlobex.status]).toEqual([200, 200]);
    expect(isActive.mock.calls.map(([owner]) => owner)).toEqual(['ann', 'bob']);
  });

  it('rejects the keys of a disabled owner with 401, and accepts those of other owners', async () => {
    isActive.mockImplementation(async (ownerId) => ownerId !== 'ann');
    const stopped = await host.as(ann.token).get(ACME);

    expect([stopped.status, stopped.body['code']]).toEqual([401, 'owner_disabled']);
    expect(stopped.headers.get('www-authenticate')).toBe(
      'Bearer realm="keyward", error="invalid_token", error_description="The owner of the API key is not active"',
    );
    expect((await host.as(bob.token).get(GLOBEX)).status).toBe(200);
  });

  it('does not check the status for a key without an owner', async () => {
    const { token } = await host.issue({ ...memory, orgId: 'acme' });

    expect((await host.as(token).get(ACME)).status).toBe(200);
    expect(isActive).not.toHaveBeenCalled();
  });

  it('answers 503 for keys with an owner while the user store is unavailable', async () => {
    isActive.mockRejectedValue(new StorageUnavailableError(new Error('no users today')));
    for (const answer of [await host.as(ann.token).get(ACME), await host.as(bob.token).get(GLOBEX)]) {
      expectUnavailable(answer);
      expect(answer.text).not.toMatch(/keeps|no users today/);
    }
  });

  it('answers 500 without details if the user store fails with an unexpected error', async () => {
    isActive.mockRejectedValue(new Error('a fault of the users'));
    const answer = await host.as(ann.token).get(ACME);

    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/keeps|a fault of the users/);
  });

  it('may call ApiKeysService to decide whether an owner is active', async () => {
    const asking = await startMemoriesHost(adapter, {}, { imports: [UsersThatAsk] });
    const { token } = await asking.issue({ ...memory, orgId: 'acme', ownerId: 'ann' });
    const answer = await asking.as(token).get(ACME);
    await asking.close();

    expect([answer.status, answer.body['code']]).toEqual([401, 'owner_disabled']);
  });
});

/** The users module of a host. It is global, so that Keyward finds what it exports. */
function usersOf(status: OwnerStatus): Type {
  @Global()
  @Module({ providers: [{ provide: OWNER_STATUS, useValue: status }], exports: [OWNER_STATUS] })
  class UsersModule {}
  return UsersModule;
}

@Global()
@Module({
  providers: [
    {
      provide: OWNER_STATUS,
      inject: [ApiKeysService],
      useFactory: (keys: ApiKeysService): OwnerStatus => ({
        isActive: async () => (await keys.list(rootCaller('system'), { limit: 10 })).data.length > 1,
      }),
    },
  ],
  exports: [OWNER_STATUS],
})
class UsersThatAsk {}
