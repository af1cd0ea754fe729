import { Controller, Get, Header } from '@nestjs/common';
import { Authenticated, Public, RequireScopes, TenantHeaders } from 'keyward';
import type { HttpAnswer, JsonObject } from '../support/http-client';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { startService, type TestService } from '../support/service';
import { ADAPTERS } from '../support/two-adapters';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** Returns the headers that control a shared cache. */
function cachingOf({ headers }: HttpAnswer): readonly [string | null, readonly string[]] {
  const varied = (headers.get('vary') ?? '').toLowerCase().split(/\s*,\s*/);
  return [headers.get('cache-control'), varied];
}

const NOT_STORED = [
  'no-store',
  expect.arrayContaining(['authorization', 'x-api-key']) as readonly string[],
] as const;

/** Every route of Keyward that reads a credential: method, path, body. */
const ROUTES: readonly (readonly [string, (id: string) => string, unknown?])[] = [
  ['GET', () => '/v1/api-keys/self'],
  ['GET', () => '/v1/api-keys'],
  ['POST', () => '/v1/api-keys', { name: 'new', scopes: [] }],
  ['GET', (id) => `/v1/api-keys/${id}`],
  ['PATCH', (id) => `/v1/api-keys/${id}`, { name: 'renamed' }],
  ['GET', (id) => `/v1/api-keys/${id}/history`],
  ['GET', (id) => `/v1/api-keys/${id}/usage`],
  ['POST', (id) => `/v1/api-keys/${id}/rotate`, {}],
  ['POST', () => '/v1/api-keys/self/rotate', {}],
  ['POST', () => '/v1/api-keys/verify', { token: 'kw_nonsense', scopes: ['memory:read'] }],
  ['POST', () => '/v1/api-keys/import', { keys: [] }],
  ['POST', () => '/oauth2/introspect', 'token=kw_nonsense'],
  ['GET', () => '/v1/events'],
  ['GET', () => '/v1/forward-auth?authenticated=1'],
  ['GET', () => '/v1/forward-auth'],
  ['DELETE', (id) => `/v1/api-keys/${id}`],
  ['DELETE', () => '/v1/api-keys/self'],
];

@Controller('notes')
class NotesController {
  @Get()
  @Authenticated()
  list(): object {
    return { notes: [] };
  }

  @Get('tenant')
  @RequireScopes('memory:read')
  @TenantHeaders()
  ofTenant(): object {
    return {};
  }

  @Get('cached')
  @Authenticated()
  @Header('Cache-Control', 'private, max-age=60')
  cached(): object {
    return {};
  }

  @Get('public')
  @Public()
  open(): object {
    return {};
  }
}

describe.each(ADAPTERS)('a shared cache in front of a host on %s', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter, {}, { controllers: [NotesController] });
  });
  afterAll(async () => host.close());

  it.each(ROUTES.map(([method, path, body]) => ({ method, path, name: path('{id}'), body })))(
    'stores no response of Keyward’s own routes: $method $name',
    async ({ method, path, body }) => {
      const acme = await host.issue({ scopes: ['*'], orgId: 'acme' });
      const globex = await host.issue({ scopes: [], orgId: 'globex' });
      const form = typeof body === 'string' ? FORM : {};
      const statuses: number[] = [];
      for (const token of [undefined, 'kw_nonsense', globex.token, acme.token]) {
        const answer = await host.as(token).send(method, path(acme.key.id), body, form);
        statuses.push(answer.status);
        expect(cachingOf(answer)).toEqual(NOT_STORED);
      }
      expect(statuses.slice(0, 2).every((status) => status === 401 || status === 403)).toBe(true);
    },
  );

  it('stores no response of a guarded route by default [T96]', async () => {
    const { token } = await host.issue({});
    for (const asked of [host.as(token), host.as(), host.as('kw_nonsense')]) {
      expect(cachingOf(await asked.get('/notes'))).toEqual(NOT_STORED);
    }
  });

  it('gets the tenant headers in Vary if a route reads them', async () => {
    const { token } = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const [, varied] = cachingOf(await host.as(token).get('/notes/tenant', { 'X-Org-Id': 'acme' }));
    expect(varied).toEqual(['authorization', 'x-api-key', 'x-org-id', 'x-project-id']);
  });

  it('gets the Cache-Control of the handler, and Vary with the credential headers', async () => {
    const { token } = await host.issue({});
    expect(cachingOf(await host.as(token).get('/notes/cached'))).toEqual([
      'private, max-age=60',
      ['authorization', 'x-api-key'],
    ]);
  });

  it('gets no caching headers from routes that read no credential', async () => {
    expect(cachingOf(await host.as().get('/notes/public'))).toEqual([null, ['']]);
  });
});

describe.each(ADAPTERS)('a host on %s that makes all its answers cacheable', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(
      adapter,
      {},
      { controllers: [NotesController] },
      {
        app: (app) => {
          app.use(
            (
              _request: unknown,
              response: { setHeader(name: string, value: string): void },
              next: () => void,
            ) => {
              response.setHeader('Cache-Control', 'public, max-age=60');
              next();
            },
          );
          app.enableCors({ origin: ['https://app.example.com', 'https://other.example.com'] });
        },
      },
    );
  });
  afterAll(async () => host.close());

  it.each(['/v1/api-keys/self', '/v1/api-keys', '/v1/forward-auth?authenticated=1', '/notes'])(
    'still sends no-store for guarded routes: %s',
    async (path) => {
      const { token } = await host.issue({ scopes: ['*'] });
      for (const asked of [host.as(token), host.as()]) {
        const answer = await asked.get(path, { Origin: 'https://app.example.com' });
        expect(cachingOf(answer)).toEqual(NOT_STORED);
        expect(cachingOf(answer)[1]).toContain('origin');
      }
    },
  );
});

describe('a shared cache in front of the service', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory');
  });
  afterAll(async () => service.stop());

  it('stores no response of a documented route, with or without a credential [T96]', async () => {
    const { body } = await service.as().get('/docs-json');
    const documented = Object.entries(body['paths'] as Readonly<Record<string, JsonObject>>).flatMap(
      ([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
    );
    const asked = documented.filter(([, path]) => !/^\/(?:health|metrics)/.test(path));
    expect(asked.length).toBeGreaterThan(15);
    for (const [method, template] of asked) {
      const { key, token } = await service.issue({ scopes: ['*'] });
      const path = template.replaceAll(/\{\w+\}/g, key.id);
      for (const client of [service.as(token), service.as()]) {
        const answer = await client.send(method, path, method === 'GET' ? undefined : {});
        expect([method, template, ...cachingOf(answer)]).toEqual([method, template, ...NOT_STORED]);
      }
    }
  });

  it.each(['/v1/nothing', '/v1/api-keys/%', '/v1/forward-auth/orgs/acme'])(
    'stores no response of an unknown path: %s',
    async (path) => {
      const { token } = await service.issue({});
      expect(cachingOf(await service.as(token).get(path))).toEqual(NOT_STORED);
    },
  );
});
