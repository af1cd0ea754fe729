import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { RouterExecutionContext } from '@nestjs/core/router/router-execution-context.js';
import { ApiKeysModule, ApiKeysService, rootCaller } from 'keyward';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS, type AdapterName, startHost } from '../support/two-adapters';

const CUSTOMER_KEYS = Symbol('customer keys');

const SELF = '/v1/api-keys/self';

/** Longer than a body may take before the guard checks its sender again. */
const SLOW_MS = 300;

type Create = RouterExecutionContext['create'];

/** Wraps each handler as instrumentation does, with or without the metadata of the handler. */
function wrapHandlers(copiesMetadata: boolean): void {
  const create = Object.getOwnPropertyDescriptor(RouterExecutionContext.prototype, 'create')?.value as Create;
  jest.spyOn(RouterExecutionContext.prototype, 'create').mockImplementation(function (
    this: RouterExecutionContext,
    ...[instance, callback, ...rest]: Parameters<Create>
  ) {
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      return callback.apply(this, args);
    };
    for (const name of copiesMetadata ? (Reflect.getMetadataKeys(callback) as unknown[]) : []) {
      Reflect.defineMetadata(name, Reflect.getMetadata(name, callback), wrapper);
    }
    return create.call(this, instance, wrapper, ...rest);
  });
}

async function startWrapped(adapter: AdapterName, copiesMetadata: boolean): Promise<MemoriesHost> {
  wrapHandlers(copiesMetadata);
  try {
    return await startMemoriesHost(adapter);
  } finally {
    jest.restoreAllMocks();
  }
}

async function createSlowly(
  url: string,
  token: string,
  name: string,
  meanwhile: () => Promise<void>,
): Promise<number> {
  const body = JSON.stringify({ name, scopes: ['memory:read'] });
  const sent = request(`${url}/v1/api-keys`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      'Content-Length': body.length,
    },
  });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  sent.write(body.slice(0, 1));
  await pause(SLOW_MS);
  await meanwhile();
  sent.end(body.slice(1));
  const [answer] = await answered;
  answer.resume();
  return answer.statusCode ?? 0;
}

/** A second store of the same application, without routes. */
@Module({ imports: [ApiKeysModule.forRoot({ storage: 'memory', routes: false, guard: false })] })
class PartnersModule {}

/** The store whose keys the routes manage. */
@Module({
  imports: [ApiKeysModule.forRoot({ storage: 'memory', guard: false })],
  providers: [{ provide: CUSTOMER_KEYS, useExisting: ApiKeysService }],
})
class CustomersModule {}

/** A third store. */
@Module({ imports: [ApiKeysModule.forRoot({ storage: 'memory', routes: false, guard: false })] })
class RobotsModule {}

describe.each(ADAPTERS)('a key whose create request arrives slowly on %s', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter);
  });
  afterAll(async () => host.close());

  const names = async (): Promise<readonly string[]> => {
    const { data } = await host.app.get(ApiKeysService).list(rootCaller('system'), { limit: 100 });
    return data.map(({ name }) => name);
  };

  it('gets 401 and creates nothing if it is revoked before the body is complete [T89]', async () => {
    const leaked = await host.issue({ scopes: ['*'], orgId: 'acme' });
    expect(await createSlowly(host.url, leaked.token, 'too late', async () => host.revoke(leaked))).toBe(401);
    expect(await names()).not.toContain('too late');
  });

  it('creates a key with 201 if only another tenant’s key is revoked in the meantime', async () => {
    const good = await host.issue({ scopes: ['*'], orgId: 'acme' });
    const other = await host.issue({ scopes: ['*'], orgId: 'globex' });
    expect(await createSlowly(host.url, good.token, 'in time', async () => host.revoke(other))).toBe(201);
    expect(await names()).toContain('in time');
  });
});

describe.each(ADAPTERS)('a slow create request in an application on %s with three stores', (adapter) => {
  it('is checked again against the store that has the key', async () => {
    const host = await startHost(adapter, { imports: [PartnersModule, CustomersModule, RobotsModule] });
    const grant = { name: 'maker', scopes: ['*'], orgId: 'acme' };
    try {
      const { token } = await host.app.get<ApiKeysService>(CUSTOMER_KEYS).create(rootCaller('system'), grant);
      expect(await createSlowly(host.url, token, 'slow', async () => undefined)).toBe(201);
    } finally {
      await host.close();
    }
  });
});

describe.each(ADAPTERS)('Keyward’s routes in a host on %s with wrapped handlers', (adapter) => {
  let host: MemoriesHost | undefined;

  afterEach(async () => {
    await host?.close();
    host = undefined;
  });

  it('work if the wrapper copies the metadata, as OpenTelemetry does [T90]', async () => {
    host = await startWrapped(adapter, true);
    const acme = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const globex = await host.issue({ scopes: ['memory:read'], orgId: 'globex' });
    const asked = '/v1/forward-auth?scope=memory:read&org=acme';
    expect((await host.as().get(asked)).status).toBe(401);
    expect((await host.as(globex.token).get(asked)).status).toBe(403);
    expect((await host.as(acme.token).get(asked)).status).toBe(200);
    expect((await host.as(acme.token).send('DELETE', SELF)).status).toBe(204);
    expect((await host.as(acme.token).get(SELF)).status).toBe(401);
    expect((await host.as(globex.token).get(SELF)).status).toBe(200);
  });

  it('answer with an error if the wrapper does not copy the metadata [T90]', async () => {
    host = await startWrapped(adapter, false);
    const acme = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    for (const token of [undefined, acme.token]) {
      const { status } = await host.as(token).get('/v1/forward-auth?scope=memory:read&org=acme');
      expect(status).toBeGreaterThanOrEqual(400);
    }
    expect((await host.as(acme.token).send('DELETE', SELF)).status).toBeGreaterThanOrEqual(400);
  });
});
