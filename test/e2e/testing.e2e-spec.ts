import { Controller, Get } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { Test } from '@nestjs/testing';
import {
  type ApiKeyRepository,
  ApiKeysModule,
  ApiKeysService,
  ConfigurationError,
  KeyNotFoundError,
  KeyUsageService,
  KeyVerifier,
  MisuseError,
  RequireScopes,
  rootCaller,
  Tenant,
  type TenantContext,
} from 'keyward';
import {
  issueTestKey,
  KeywardTestingModule,
  type KeywardTestingOptions,
  revokeTestKey,
  TestClock,
} from 'keyward/testing';
import { UsageRecorder } from '../../src/api-keys/usage/usage-recorder';
import { memoryRepository } from '../contract/opened-repository';
import { MovableTime } from '../support/movable-time';
import { until } from '../support/patience';
import { testDatabaseUri } from '../support/test-database';
import { ADAPTERS, type AdapterName, refusalOf, type RunningHost, startHost } from '../support/two-adapters';

const HOUR_MS = 3_600_000;

@Controller('orgs/:orgId/memories')
class MemoriesController {
  @Get()
  @RequireScopes('memory:read')
  list(@Tenant() tenant: TenantContext): TenantContext {
    return tenant;
  }
}

const running: RunningHost[] = [];
const environment = process.env['NODE_ENV'];

afterEach(async () => {
  process.env['NODE_ENV'] = environment;
  await Promise.all(running.splice(0).map(async (host) => host.close()));
});

async function start(
  options: KeywardTestingOptions = {},
  adapter: AdapterName = 'fastify',
  imports: Parameters<typeof startHost>[1]['imports'] = [],
): Promise<RunningHost> {
  const host = await startHost(adapter, {
    imports: [...imports, KeywardTestingModule.forRoot(options)],
    controllers: [MemoriesController],
  });
  running.push(host);
  return host;
}

/** Returns the status of a request for the memories of an organisation. */
async function statusOf(
  { url }: RunningHost,
  orgId: string,
  headers?: Record<string, string>,
): Promise<number> {
  return (await fetch(`${url}/orgs/${orgId}/memories`, { headers: { ...headers } })).status;
}

/** Returns what the application decides at once, which it can only about a cached key. */
function decisionAtOnce({ app }: RunningHost, token: string): string | undefined {
  const requirement = {
    scopes: { allOf: ['memory:read'], anyOf: [] },
    tenant: { orgId: 'acme' },
    clientAddress: '127.0.0.1',
  };
  const decision = app.get(KeyVerifier).verifyNow(token, requirement);
  return 'code' in decision ? decision.code : undefined;
}

const GRANT = { scopes: ['memory:read'], orgId: 'acme' };

describe.each(ADAPTERS)('an application under test on %s', (adapter) => {
  it('guards its routes by scope and tenant, without a database', async () => {
    const host = await start({}, adapter);
    const reader = await issueTestKey(host.app, GRANT);
    const other = await issueTestKey(host.app, { scopes: ['report:read'], orgId: 'acme' });
    expect(await statusOf(host, 'acme', reader.headers)).toBe(200);
    expect(await statusOf(host, 'globex', reader.headers)).toBe(403);
    expect(await statusOf(host, 'acme', other.headers)).toBe(403);
    expect(await statusOf(host, 'acme')).toBe(401);
  });

  it('rejects a key as soon as the test has revoked it, and still accepts the key of another tenant', async () => {
    const host = await start({}, adapter);
    const [acme, globex] = [
      await issueTestKey(host.app, GRANT),
      await issueTestKey(host.app, { ...GRANT, orgId: 'globex' }),
    ];
    expect(await statusOf(host, 'acme', acme.headers)).toBe(200);
    await revokeTestKey(host.app, acme.id);
    expect(await statusOf(host, 'acme', acme.headers)).toBe(401);
    expect(await statusOf(host, 'globex', globex.headers)).toBe(200);
  });
});

describe('the module for tests', () => {
  it('accepts the options of ApiKeysModule, and rejects unknown ones', async () => {
    const host = await start({ tokens: { prefixes: ['mem'] }, routes: false });
    const { token } = await issueTestKey(host.app, GRANT);
    expect(token).toMatch(/^mem_/);
    expect((await host.as(token).get('/v1/api-keys')).status).toBe(404);
    const misspelt = { storrage: 'memory' } as KeywardTestingOptions;
    const refusal = await refusalOf('fastify', { imports: [KeywardTestingModule.forRoot(misspelt)] });
    expect(refusal.message).toContain('storrage');
  });

  it('does not start an application with a route that declares no access', async () => {
    class Old {
      list(): string {
        return '';
      }
    }
    Get()(Old.prototype, 'list', Object.getOwnPropertyDescriptor(Old.prototype, 'list') ?? {});
    Controller('old')(Old);
    const refusal = await refusalOf('fastify', {
      imports: [KeywardTestingModule.forRoot()],
      controllers: [Old],
    });
    expect(refusal.message).toMatch(/declare no access: GET \/old/);
  });

  it('uses the system clock if the test provides no clock', async () => {
    const host = await start();
    const { createdAt } = (
      await host.app.get(ApiKeysService).create(rootCaller('system'), { name: 'test', scopes: [] })
    ).key;
    expect(Math.abs(createdAt.getTime() - Date.now())).toBeLessThan(10_000);
  });

  it('gives the application and its tests the same ApiKeysService', async () => {
    const clock = new TestClock();
    const module = await Test.createTestingModule({
      imports: [KeywardTestingModule.forRoot({ clock })],
    }).compile();
    const { id } = await issueTestKey(module, GRANT);
    expect(await module.get(ApiKeysService).get(rootCaller('system'), id)).toMatchObject({
      ...GRANT,
      name: 'test key',
      createdAt: clock.now(),
    });
    await module.close();
  });
});

describe.each(['production', 'staging', undefined])('with NODE_ENV=%s', (name) => {
  const enter = (): void => {
    if (name === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = name;
  };

  it('an application with the module for tests does not start [T32]', async () => {
    enter();
    const refusal = await refusalOf('fastify', { imports: [KeywardTestingModule.forRoot()] });
    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(refusal.message).toContain('allowed only if NODE_ENV is exactly');
  });

  it('an application with the module for tests does not start with a durable store either [T32]', async () => {
    const storage = durable(memoryRepository());
    enter();
    const clock = new TestClock();
    const refusal = await refusalOf('fastify', {
      imports: [KeywardTestingModule.forRoot({ storage, clock })],
    });
    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(refusal.message).toMatch(/^KeywardTestingModule is for tests/);
  });

  it('the test helpers issue and revoke no key [T32]', async () => {
    const storage = durable(memoryRepository());
    enter();
    const host = await startHost('fastify', { imports: [ApiKeysModule.forRoot({ storage })] });
    running.push(host);
    const keys = host.app.get(ApiKeysService);
    const { key } = await keys.create(rootCaller('system'), { name: 'real', scopes: [] });
    await expect(issueTestKey(host.app, GRANT)).rejects.toThrow(ConfigurationError);
    await expect(revokeTestKey(host.app, key.id)).rejects.toThrow(ConfigurationError);
    const { data } = await keys.list(rootCaller('system'), { limit: 10 });
    expect(data.map(({ id, revokedAt }) => [id, revokedAt])).toEqual([[key.id, undefined]]);
  });
});

describe('a test clock', () => {
  it('expires a cached key at once, even within the same real millisecond', async () => {
    const clock = new TestClock();
    const host = await start({ clock });
    const expiresAt = new Date(clock.now().getTime() + HOUR_MS);
    const { token, headers } = await issueTestKey(host.app, { ...GRANT, expiresAt });
    const lasting = await issueTestKey(host.app, GRANT);
    for (const key of [{ headers }, lasting]) expect(await statusOf(host, 'acme', key.headers)).toBe(200);

    clock.advance(HOUR_MS - 1);
    expect(decisionAtOnce(host, token)).toBe('VALID');
    clock.advance(1);
    expect(decisionAtOnce(host, token)).toBe('EXPIRED');
    expect(await statusOf(host, 'acme', headers)).toBe(401);
    expect(await statusOf(host, 'acme', lasting.headers)).toBe(200);
    clock.set(new Date(expiresAt.getTime() - 1));
    expect(await statusOf(host, 'acme', headers)).toBe(200);
  });

  it('ends the grace period of a rotated secret', async () => {
    const clock = new TestClock();
    const host = await start({ clock });
    const { id, headers } = await issueTestKey(host.app, GRANT);
    await host.app.get(ApiKeysService).rotate(rootCaller('system'), id, { gracePeriodSeconds: 3600 });
    expect(await statusOf(host, 'acme', headers)).toBe(200);
    clock.advance(HOUR_MS - 1);
    expect(await statusOf(host, 'acme', headers)).toBe(200);
    clock.advance(1);
    expect(await statusOf(host, 'acme', headers)).toBe(401);
  });

  it('sets lastUsedAt at once, even within the same real millisecond', async () => {
    const clock = new TestClock();
    const host = await start({ clock });
    const { id, token, headers } = await issueTestKey(host.app, GRANT);
    expect(await statusOf(host, 'acme', headers)).toBe(200);
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    decisionAtOnce(host, token);
    clock.advance(HOUR_MS);
    decisionAtOnce(host, token);
    jest.restoreAllMocks();
    await host.app.get(UsageRecorder).flush();
    const report = await host.app.get(KeyUsageService).of(rootCaller('system'), id);
    expect(report).toMatchObject({ lastUsedAt: clock.now() });
  });
});

describe('revoking a key in a test', () => {
  const storage = { storage: 'mongo' } as const;

  it.each(['streams', 'polling'] as const)(
    'resolves only after the application rejects the key, with %s',
    async (changeFeed) => {
      const uri = testDatabaseUri(`testing_${changeFeed}`);
      const host = await start({ ...storage, freshness: { changeFeed } }, 'fastify', [
        MongooseModule.forRoot(uri),
      ]);
      for (let round = 0; round < 5; round += 1) {
        const { id, token, headers } = await issueTestKey(host.app, GRANT);
        await until('the key is cached', async () => {
          expect(await statusOf(host, 'acme', headers)).toBe(200);
          return decisionAtOnce(host, token) === 'VALID';
        });
        await revokeTestKey(host.app, id);
        expect(decisionAtOnce(host, token)).not.toBe('VALID');
        expect(await statusOf(host, 'acme', headers)).toBe(401);
      }
    },
  );

  it('can be repeated, and fails for a key that does not exist', async () => {
    const host = await start();
    const { id } = await issueTestKey(host.app, GRANT);
    await revokeTestKey(host.app, id);
    await expect(revokeTestKey(host.app, id)).resolves.toBeUndefined();
    await expect(revokeTestKey(host.app, 'nobody')).rejects.toThrow(KeyNotFoundError);
  });

  it('waits for a change feed that announces the change late', async () => {
    const late = memoryRepository();
    const announce = late.changes.announce.bind(late.changes);
    late.changes.announce = (id) => void setTimeout(announce, 100, id);
    const host = await start({ storage: late });
    const { id, headers } = await issueTestKey(host.app, GRANT);
    expect(await statusOf(host, 'acme', headers)).toBe(200);
    await revokeTestKey(host.app, id);
    expect(await statusOf(host, 'acme', headers)).toBe(401);
  });

  it('fails if the change feed of the repository does not announce the change', async () => {
    const silent = memoryRepository();
    silent.changes.announce = () => {};
    const host = await start({ storage: silent });
    const { id, headers } = await issueTestKey(host.app, GRANT);
    expect(await statusOf(host, 'acme', headers)).toBe(200);
    const time = new MovableTime();
    const revoking = revokeTestKey(host.app, id);
    setImmediate(() => time.advanceMinutes(1));
    await expect(revoking).rejects.toThrow(MisuseError);
    time.restore();
  });
});

/** Returns a store that claims to be durable. */
function durable(repository: ApiKeyRepository): ApiKeyRepository {
  return Object.create(repository, { durability: { value: 'durable' } }) as ApiKeyRepository;
}
