import { Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import {
  API_KEY_REPOSITORY,
  type ApiKeyRepository,
  ApiKeysModule,
  type ApiKeysModuleAsyncOptions,
  type ApiKeysModuleOptions,
  type ApiKeysOptions,
  type ApiKeysOptionsFactory,
  ApiKeysService,
  ConfigurationError,
  rootCaller,
  ScopesGuard,
  StorageUnavailableError,
  USAGE_REPOSITORY,
  type UsageRepository,
} from 'keyward';
import { MemoryApiKeyRepository } from '../../src/api-keys/storage/memory-api-key.repository';
import { MemoryUsageRepository } from '../../src/api-keys/usage/storage/memory-usage.repository';
import { StorageConfig } from '../../src/config/storage.config';
import { AccountController, HeaderController, MemoriesController } from '../support/memories-host';
import { refusalOf, startHost } from '../support/two-adapters';

const controllers = [MemoriesController, HeaderController, AccountController];

const hostWith = (options: ApiKeysModuleOptions): ModuleMetadata => ({
  imports: [ApiKeysModule.forRoot(options)],
  controllers,
});

/** Builds a repository of a host with the given durability and announcements. */
function ownRepository(
  durability: 'durable' | 'volatile' | undefined,
  changes: 'announced' | 'not announced' = 'announced',
): ApiKeyRepository {
  const memory = new MemoryApiKeyRepository(new StorageConfig().permitVolatile('the store of this test'));
  const own = Object.create(memory, { durability: { value: durability } }) as ApiKeyRepository;
  if (changes === 'announced') return own;
  return {
    durability: own.durability,
    prepare: memory.prepare.bind(memory),
    insert: memory.insert.bind(memory),
    find: memory.find.bind(memory),
    findWithHistory: memory.findWithHistory.bind(memory),
    replace: memory.replace.bind(memory),
    list: memory.list.bind(memory),
    listOutlines: memory.listOutlines.bind(memory),
    findMany: memory.findMany.bind(memory),
  };
}

async function inEnvironment<T>(name: string | undefined, run: () => Promise<T>): Promise<T> {
  const before = process.env['NODE_ENV'];
  setEnvironment(name);
  try {
    return await run();
  } finally {
    setEnvironment(before);
  }
}

function setEnvironment(name: string | undefined): void {
  if (name === undefined) delete process.env['NODE_ENV'];
  else process.env['NODE_ENV'] = name;
}

@Injectable()
class InMemory implements ApiKeysOptionsFactory {
  createApiKeysOptions(): ApiKeysOptions {
    return { storage: 'memory', tokens: { prefixes: ['mem'] } };
  }
}

const PLACES =
  'use one of storage, tokens, tenant, http, limits, usage, events, freshness; ' +
  'isGlobal, connectionName, guard and routes belong to forRoot, or to forRootAsync beside the factory.';

describe('an application with invalid options', () => {
  it.each<[string, object, RegExp]>([
    [
      'no storage',
      { storage: undefined },
      /^storage is missing or unknown: use "mongo", "memory" or a repository of your own\.$/,
    ],
    ['an unknown storage', { storage: 'redis' }, /^storage is missing or unknown: /],
    ['null as the storage', { storage: null }, /^storage is missing or unknown: /],
    [
      'a prefix in upper case',
      { tokens: { prefixes: ['KW'] } },
      /^tokens\.prefixes contains an invalid prefix: use 2 to 16 /,
    ],
    [
      'a prefix of one letter',
      { tokens: { prefixes: ['k'] } },
      /^tokens\.prefixes contains an invalid prefix: /,
    ],
    ['an empty prefix', { tokens: { prefixes: [''] } }, /^tokens\.prefixes contains an invalid prefix: /],
    [
      'a prefix that ends in an underscore',
      { tokens: { prefixes: ['kw_'] } },
      /^tokens\.prefixes contains an invalid prefix: /,
    ],
    [
      'a prefix that is too long',
      { tokens: { prefixes: ['a'.repeat(17)] } },
      /^tokens\.prefixes contains an invalid prefix: /,
    ],
    [
      'a lifetime of 0 days',
      { tokens: { maxTtlDays: 0 } },
      /^tokens\.maxTtlDays is out of range: use whole days from 1 to 36500\.$/,
    ],
    ['a lifetime of half a day', { tokens: { maxTtlDays: 0.5 } }, /^tokens\.maxTtlDays is out of range: /],
    ['a lifetime of 36501 days', { tokens: { maxTtlDays: 36_501 } }, /^tokens\.maxTtlDays is out of range: /],
    [
      'a lifetime that is not a number',
      { tokens: { maxTtlDays: Number.NaN } },
      /^tokens\.maxTtlDays is out of range: /,
    ],
    [
      'an empty realm',
      { http: { realm: '' } },
      /^http\.realm contains characters that a header cannot quote: use printable ASCII without " and \\\.$/,
    ],
    ['a realm with a quote', { http: { realm: 'a"b' } }, /^http\.realm contains /],
    ['a realm with a line break', { http: { realm: 'a\r\nSet-Cookie: x=1' } }, /^http\.realm contains /],
    [
      'an unknown usage storage',
      { usage: { storage: 'redis' } },
      /^usage\.storage is unknown: use "mongo", "memory", "off" or a repository of your own\.$/,
    ],
    ['null as the usage storage', { usage: { storage: null } }, /^usage\.storage is unknown: /],
    [
      'usage in MongoDB without a connection',
      { usage: { storage: 'mongo' } },
      /^storage "mongo" needs a Mongoose /,
    ],
    [
      'a flush every 99 ms',
      { usage: { flushMs: 99 } },
      /^usage\.flushMs is out of range: use whole milliseconds /,
    ],
    [
      'an infinite flush interval',
      { usage: { flushMs: Number.POSITIVE_INFINITY } },
      /^usage\.flushMs is out of range: /,
    ],
    [
      'usage kept for 0 days',
      { usage: { retentionDays: 0 } },
      /^usage\.retentionDays is out of range: use whole days /,
    ],
    [
      'usage kept for half a day',
      { usage: { retentionDays: 0.5 } },
      /^usage\.retentionDays is out of range: /,
    ],
    [
      'events kept for 3 days',
      { events: { retentionDays: 3 } },
      /^events\.retentionDays is out of range: use whole days from 7 to 3650\.$/,
    ],
    [
      'an unknown outage rule',
      { limits: { onOutage: 'Deny' } },
      /^limits\.onOutage is unknown: use "local" or "deny"\.$/,
    ],
    [
      'an unknown change feed',
      { freshness: { changeFeed: 'stream' } },
      /^freshness\.changeFeed is unknown: use "auto" or "streams" or /,
    ],
    [
      'status 200 for a limited request',
      { http: { forwardAuthLimitedStatus: 200 } },
      /^http\.forwardAuthLimitedStatus is unknown: use 429 or 403/,
    ],
    [
      'a maximum of 0 failed credentials',
      { limits: { failedCredentials: { limit: 0, windowSeconds: 60 } } },
      /^limits\.failedCredentials\.limit is out of range: /,
    ],
    [
      'a window of 0 seconds for failed credentials',
      { limits: { failedCredentials: { limit: 9, windowSeconds: 0 } } },
      /^limits\.failedCredentials\.windowSeconds is out of range: /,
    ],
    ['an invalid Redis URL', { limits: { redisUrl: 'nonsense' } }, /^limits\.redisUrl is not a Redis URL: /],
    [
      'a Redis database by name',
      { limits: { redisUrl: 'redis://127.0.0.1/keyward' } },
      /^limits\.redisUrl is not a Redis URL: /,
    ],
    [
      'all of IPv4 as trusted proxies',
      { http: { trustProxy: ['::ffff:0.0.0.0/96'] } },
      /^http\.trustProxy contains "::ffff:0\.0\.0\.0\/96": /,
    ],
    [
      'a webhook without a secret',
      { events: { webhook: { url: 'https://hooks.acme.example', secrets: [] } } },
      /^events\.webhook\.secrets is empty or contains an invalid secret: /,
    ],
    [
      'a webhook without https',
      { events: { webhook: { url: 'http://127.0.0.1', secrets: [`whsec_${'A'.repeat(32)}`] } } },
      /^events\.webhook\.url is not https: /,
    ],
    ['events in MongoDB without a connection', { events: { storage: 'mongo' } }, /^storage "mongo" needs a /],
    ['no prefix', { tokens: { prefixes: [] } }, /^tokens\.prefixes is empty: /],
    [
      'a duplicate prefix',
      { tokens: { prefixes: ['kw', 'kw'] } },
      /^tokens\.prefixes contains a prefix twice: /,
    ],
    [
      'prefixes that are not a list',
      { tokens: { prefixes: 'kw' } },
      /^tokens\.prefixes is not a list of strings: /,
    ],
    [
      'proxies that are not a list',
      { http: { trustProxy: '::1' } },
      /^http\.trustProxy is not a list of strings: /,
    ],
    [
      'failed credentials without a window',
      { limits: { failedCredentials: { limit: 9 } } },
      /^limits\.failedCredentials\.windowSeconds is out of range: /,
    ],
    [
      'an empty parameter name',
      { tenant: { params: { orgId: '' } } },
      /^tenant\.params\.orgId is not a name: /,
    ],
    [
      'a parameter name with a colon',
      { tenant: { params: { orgId: ':org' } } },
      /^tenant\.params\.orgId is not a name: use the name of a route parameter, without a colon\.$/,
    ],
    [
      'one parameter for organisation and project',
      { tenant: { params: { orgId: 'projectId' } } },
      /^tenant\.params names the same route parameter twice: /,
    ],
    ['an object that is no repository as storage', { storage: {} }, /^storage is missing or unknown: /],
    ['an unknown event storage', { events: { storage: 'off' } }, /^events\.storage is unknown: /],
    [
      'a group that is not an object',
      { tokens: 'kw' },
      /^tokens must be an object with prefixes, maxTtlDays, importPrefixes\.$/,
    ],
    ['null as a group', { freshness: null }, /^freshness must be an object with /],
    ['an unknown option', { token: {} }, /^token is not an option: use one of storage, tokens, tenant, /],
    [
      'a misspelt option of a group',
      { tokens: { maxTtlDay: 30 } },
      /^tokens\.maxTtlDay is not an option: use one of prefixes, maxTtlDays, importPrefixes\.$/,
    ],
    [
      'a name that every object has',
      { tokens: { constructor: 1 } },
      /^tokens\.constructor is not an option: /,
    ],
    [
      'a misspelt option of a nested group',
      { tenant: { params: { org: 'x' } } },
      /^tenant\.params\.org is not an option: /,
    ],
    [
      'a misspelt option of a webhook',
      { events: { webhook: { url: 'https://hooks.acme.example', secret: 'x' } } },
      /^events\.webhook\.secret is not an option: /,
    ],
    [
      'a guard that does not extend ScopesGuard',
      { guard: { use: StorageConfig } },
      /^guard\.use is not a guard of Keyward: use a class that extends ScopesGuard\.$/,
    ],
    [
      'true as the guard',
      { guard: true },
      /^guard must be false, or an object with use and undeclaredRoutes\.$/,
    ],
    [
      'an instance instead of a guard class',
      { guard: { use: Object.create(ScopesGuard.prototype) as never } },
      /^guard\.use is not a guard of Keyward: /,
    ],
    [
      'null as the guard',
      { guard: null as never },
      /^guard must be false, or an object with use and undeclaredRoutes\.$/,
    ],
    [
      'a misspelt option of the guard',
      { guard: { undeclared: 'deny' } },
      /^guard\.undeclared is not an option: /,
    ],
    [
      'an unknown rule for undeclared routes',
      { guard: { undeclaredRoutes: 'allow' } },
      /^guard\.undeclaredRoutes is unknown: use "refuse" or "deny"\.$/,
    ],
    ['routes "off"', { routes: 'off' }, /^routes is unknown: use true or false\.$/],
    ['MongoDB without a connection', { storage: 'mongo' }, /^storage "mongo" needs a Mongoose connection /],
  ])('refuses to start with one sentence that says what to do: %s', async (_what, options, sentence) => {
    const refusal = await refusalOf('fastify', hostWith({ storage: 'memory', ...options }));

    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(refusal.message).toMatch(sentence);
    expect(refusal.message).toMatch(/^[^\n]+\.$/);
  });

  it.each([
    'tokenPrefix',
    'maxTtlDays',
    'importTokenPrefixes',
    'tenantParams',
    'trustProxy',
    'realm',
    'issuer',
    'forwardAuthLimitedStatus',
    'redisUrl',
    'rateLimitOnOutage',
    'failedCredentials',
    'usageStorage',
    'usageFlushMs',
    'usageRetentionDays',
    'eventStorage',
    'eventRetentionDays',
    'webhook',
    'revocationBoundMs',
    'changeFeed',
    'keyCacheMax',
    'keyCacheMaxMb',
    'globalGuard',
    'undeclaredRoutes',
  ])('refuses to start with the old option name %s', async (former) => {
    const refusal = await refusalOf(
      'fastify',
      hostWith(Object.assign({ storage: 'memory' as const }, { [former]: undefined })),
    );

    expect(refusal).toEqual(new ConfigurationError(`${former} is not an option: ${PLACES}`));
  });

  it.each<[string, ApiKeysModuleAsyncOptions, string]>([
    [
      'invalid',
      { useFactory: async () => ({ storage: 'memory', http: { realm: '' } }) },
      'http.realm contains characters that a header cannot quote: use printable ASCII without " and \\.',
    ],
    [
      'null',
      { useFactory: () => null as unknown as ApiKeysOptions },
      'the options of Keyward must be an object with storage, tokens, tenant, http, limits, usage, events, freshness.',
    ],
    [
      'static, but returned by the factory',
      { useFactory: () => Object.assign({ storage: 'memory' as const }, { routes: false }) },
      `routes is not an option: ${PLACES}`,
    ],
    [
      'computed, but given beside the factory',
      Object.assign({ useFactory: () => ({ storage: 'memory' as const }) }, { tokens: { maxTtlDays: 30 } }),
      'tokens is not an option: use one of isGlobal, connectionName, guard, routes; the factory returns the options.',
    ],
    [
      'computed by two sources',
      { useFactory: () => ({ storage: 'memory' }), useClass: InMemory },
      'forRootAsync needs exactly one of useFactory, useClass and useExisting.',
    ],
    ['not computed', {}, 'forRootAsync needs exactly one of useFactory, useClass and useExisting.'],
  ])('refuses to start with forRootAsync options that are %s', async (_what, options, sentence) => {
    const refusal = await refusalOf('fastify', { imports: [ApiKeysModule.forRootAsync(options)] });

    expect(refusal).toEqual(new ConfigurationError(sentence));
  });
});

describe('options that a factory computes at start', () => {
  const SETTINGS = Symbol('settings of the host');

  @Module({
    providers: [
      {
        provide: SETTINGS,
        useValue: { http: { realm: 'acme and globex' }, tokens: { prefixes: ['mem', 'mem_test'] } },
      },
    ],
    exports: [SETTINGS],
  })
  class SettingsModule {}

  it('can depend on providers that the factory injects', async () => {
    const host = await startHost('fastify', {
      imports: [
        ApiKeysModule.forRootAsync({
          imports: [SettingsModule],
          inject: [SETTINGS],
          useFactory: async (settings: Partial<ApiKeysOptions>) => ({ storage: 'memory', ...settings }),
          routes: false,
        }),
      ],
      controllers,
    });
    const keys = host.app.get(ApiKeysService);
    const { token } = await keys.create(rootCaller('system'), { name: 'test', scopes: [], orgId: 'acme' });
    const stranger = await host.as().get('/whoami');
    const acme = await host.as(token).get('/orgs/acme/whoami');
    const globex = await host.as(token).get('/orgs/globex/whoami');
    const management = await host.as(token).get('/v1/api-keys/self');
    await host.close();

    expect(token).toMatch(/^mem_/);
    expect(stranger.headers.get('www-authenticate')).toBe('Bearer realm="acme and globex"');
    expect([acme.status, globex.status, management.status]).toEqual([200, 403, 404]);
  });
});

describe('options that a class computes at start', () => {
  @Module({ providers: [{ provide: 'key options', useClass: InMemory }], exports: ['key options'] })
  class SettingsModule {}

  it.each<[string, ApiKeysModuleAsyncOptions]>([
    ['that the module instantiates', { useClass: InMemory }],
    ['that the application provides', { imports: [SettingsModule], useExisting: 'key options' }],
  ])('are read from a class %s', async (_which, options) => {
    const host = await startHost('fastify', { imports: [ApiKeysModule.forRootAsync(options)] });
    const keys = host.app.get(ApiKeysService);
    const { token } = await keys.create(rootCaller('system'), { name: 'test', scopes: [] });
    await host.close();

    expect(token).toMatch(/^mem_/);
  });
});

describe('a repository of the host', () => {
  it.each([
    ['is read once if it announces changes', 'announced', 1],
    ['is read for each request if it announces none', 'not announced', 2],
  ] as const)('is used in production if it is durable, and %s', async (_what, changes, reads) => {
    const repository = ownRepository('durable', changes);
    const prepare = jest.spyOn(repository, 'prepare');
    const insert = jest.spyOn(repository, 'insert');
    const find = jest.spyOn(repository, 'find');
    const statuses = await inEnvironment('production', async () => {
      const host = await startHost('fastify', hostWith({ storage: repository }));
      const keys = host.app.get(ApiKeysService);
      const { token } = await keys.create(rootCaller('system'), {
        name: 'test',
        scopes: [],
        orgId: 'acme',
      });
      const acme = await host.as(token).get('/orgs/acme/whoami');
      const globex = await host.as(token).get('/orgs/globex/whoami');
      expect(host.app.get(API_KEY_REPOSITORY)).toBe(repository);
      await host.close();
      return [acme.status, globex.status];
    });

    expect(statuses).toEqual([200, 403]);
    expect([prepare, insert, find].map(({ mock }) => mock.calls.length)).toEqual([1, 1, reads]);
  });

  it('prevents the start if its prepare() method fails', async () => {
    const repository = ownRepository('durable');
    jest.spyOn(repository, 'prepare').mockRejectedValue(new Error('no index'));
    const refusal = await refusalOf('fastify', hostWith({ storage: repository }));

    expect(refusal.message).toContain('no index');
  });

  it.each(['volatile', undefined] as const)(
    'is rejected outside development and test if its durability is %s',
    async (durability) => {
      const repository = ownRepository(durability);
      for (const environment of ['production', 'staging', 'Test', '', undefined]) {
        const refusal = await inEnvironment(environment, async () =>
          refusalOf('fastify', hostWith({ storage: repository })),
        );

        expect(refusal).toBeInstanceOf(ConfigurationError);
        expect(refusal.message).toMatch(/^the repository given for API keys would lose every record /);
        expect(refusal.message).toMatch(/^[^\n]+\.$/);
      }
      const host = await startHost('fastify', hostWith({ storage: repository }));
      await host.close();
    },
  );
});

describe('memory storage', () => {
  it.each(['production', 'staging', 'Development', '', undefined])(
    'is rejected if NODE_ENV is %j',
    async (environment) => {
      const refusal = await inEnvironment(environment, async () =>
        refusalOf('fastify', hostWith({ storage: 'memory' })),
      );

      expect(refusal).toBeInstanceOf(ConfigurationError);
      expect(refusal.message).toMatch(/^memory storage of API keys would lose every record /);
    },
  );
});

describe('usage recording in a host', () => {
  it.each<[string, () => ApiKeysModuleOptions]>([
    [
      'the host has its own key repository and no usage option',
      () => ({ storage: ownRepository('durable') }),
    ],
    ['the host switches it off', () => ({ storage: 'memory', usage: { storage: 'off' } })],
  ])('is off, and the usage route answers 404 usage_not_recorded, if %s', async (_what, options) => {
    const host = await startHost('fastify', hostWith(options()));
    const keys = host.app.get(ApiKeysService);
    const issue = async (orgId: string): Promise<string> =>
      (await keys.create(rootCaller('system'), { name: 'test', scopes: ['api-keys:read'], orgId })).token;
    const [acme, globex] = [host.as(await issue('acme')), host.as(await issue('globex'))];
    const self = await acme.get('/v1/api-keys/self');
    const path = `/v1/api-keys/${String(self.body['id'])}/usage`;
    const [own, others] = [await acme.get(path), await globex.get(path)];
    const list = await acme.get('/v1/api-keys');
    await host.close();

    expect(self.body['lastUsedAt']).toBeNull();
    expect([own.status, own.body['code']]).toEqual([404, 'usage_not_recorded']);
    expect([others.status, others.body['code']]).toEqual([404, 'not_found']);
    expect(list.body['data']).toMatchObject([{ lastUsedAt: null }]);
  });

  it('does not prevent key changes while the usage store is unavailable', async () => {
    const permit = new StorageConfig().permitVolatile('the store of this test');
    const usageStorage = new MemoryUsageRepository(permit);
    usageStorage.lastUsed = async () => {
      throw new StorageUnavailableError(new Error('unreachable'));
    };
    const host = await startHost(
      'fastify',
      hostWith({ storage: 'memory', usage: { storage: usageStorage } }),
    );
    const { key, token } = await host.app
      .get(ApiKeysService)
      .create(rootCaller('system'), { name: 'test', scopes: ['api-keys:*'] });
    const [path, manager] = [`/v1/api-keys/${key.id}`, host.as(token)];
    const read = await manager.get(path);
    const changed = await manager.patch(path, { name: 'renamed' });
    const rotated = await manager.post(`${path}/rotate`);
    await host.close();

    expect(read.status).toBe(503);
    expect([changed.status, changed.body]).toMatchObject([200, { name: 'renamed', lastUsedAt: null }]);
    expect([rotated.status, rotated.body]).toMatchObject([
      200,
      { token: expect.any(String), lastUsedAt: null },
    ]);
  });

  it('uses the host’s usage repository, in production only if it is durable', async () => {
    const permit = new StorageConfig().permitVolatile('the store of this test');
    const usageStorage = new MemoryUsageRepository(permit);
    const options = { storage: ownRepository('durable'), usage: { storage: usageStorage } };
    const refusal = await inEnvironment('production', async () => refusalOf('fastify', hostWith(options)));
    expect(refusal.message).toMatch(/^the repository given for usage counts would lose every record /);

    const durable = Object.create(usageStorage, { durability: { value: 'durable' } }) as UsageRepository;
    const uses = await inEnvironment('production', async () => {
      const host = await startHost('fastify', hostWith({ ...options, usage: { storage: durable } }));
      const keys = host.app.get(ApiKeysService);
      const made = await keys.create(rootCaller('system'), { name: 'test', scopes: [], orgId: 'acme' });
      await host.as(made.token).get('/orgs/acme/whoami');
      await host.as(made.token).get('/orgs/globex/whoami');
      await host.close();
      return usageStorage.lastUsed([made.key.id]).then((last) => [last.size, host.app.get(USAGE_REPOSITORY)]);
    });
    expect(uses).toEqual([1, durable]);
  });
});
