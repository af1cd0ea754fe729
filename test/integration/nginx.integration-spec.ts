import { HttpClient, type HttpAnswer } from '../support/http-client';
import { startKeywardInMemory } from '../support/integration/keyward';
import { startCachingNginx, startNginx } from '../support/integration/proxy/nginx';
import { itGuardsLikeEveryProxy } from '../support/integration/proxy/proxy-cases';
import type { RunningProxy } from '../support/integration/proxy/running-proxy';
import { startMemoriesHost } from '../support/memories-host';
import { type AdapterName, ADAPTERS } from '../support/two-adapters';

const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });

describe('nginx with auth_request in front of a service', () => {
  itGuardsLikeEveryProxy(startNginx, {
    environment: { FORWARD_AUTH_LIMITED_STATUS: '403' },
    away: 503,
    hanging: 503,
  });
});

/** An application behind the cache, and what its operator does without the cache. */
interface Cached {
  readonly address: string;
  /** A path that needs no key, whose answers are cached. */
  readonly open: string;
  /** Paths whose answers contain the name of the calling key. */
  readonly own: readonly string[];
  issue(orgId: string): Promise<{ readonly id: string; readonly token: string }>;
  revoke(id: string): Promise<unknown>;
  stop(): Promise<unknown>;
}

async function cachedService(): Promise<Cached> {
  const keyward = await startKeywardInMemory();
  return {
    address: keyward.address,
    open: '/docs-json',
    own: ['/v1/api-keys/self', '/v1/api-keys', '/v1/api-keys?limit=1'],
    issue: async (orgId) => keyward.issue({ scopes: ['api-keys:read'], orgId }),
    revoke: async (id) => keyward.root.delete(`/v1/api-keys/${id}`),
    stop: async () => keyward.stop(),
  };
}

async function cachedHost(adapter: AdapterName): Promise<Cached> {
  const host = await startMemoriesHost(adapter);
  const operator = await host.issue({ scopes: ['*'] });
  return {
    address: new URL(host.url).host,
    open: '/status',
    own: ['/v1/api-keys/self', '/v1/api-keys', '/mine/anything', '/memories'],
    issue: async (orgId) => {
      const { key, token } = await host.issue({ scopes: ['api-keys:read', 'memory:read'], orgId });
      return { id: key.id, token };
    },
    revoke: async (id) => host.as(operator.token).delete(`/v1/api-keys/${id}`),
    stop: async () => host.close(),
  };
}

describe.each<[string, () => Promise<Cached>]>([
  ['the service', cachedService],
  ...ADAPTERS.map((adapter): [string, () => Promise<Cached>] => [
    `a host on ${adapter}`,
    async () => cachedHost(adapter),
  ]),
])('nginx with a cache in front of %s', (_what, start) => {
  let application: Cached;
  let nginx: RunningProxy;

  beforeAll(async () => {
    application = await start();
    nginx = await startCachingNginx(application.address);
  });
  afterAll(async () => {
    await nginx.stop();
    await application.stop();
  });

  const ask = async (path: string, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
    new HttpClient(nginx.url, undefined, null).get(path, headers);

  it('caches an open route without cache headers, which shows that its cache works', async () => {
    expect((await ask(application.open)).headers.get('x-cache')).toBe('MISS');
    expect((await ask(application.open)).headers.get('x-cache')).toBe('HIT');
  });

  it('does not return a cached record to another credential, or without a credential [T96]', async () => {
    for (const path of application.own) {
      const [acme, globex] = [await application.issue('acme'), await application.issue('globex')];
      const presented: readonly (readonly [string, Record<string, string>])[] = [
        ['acme', { ...bearer(acme.token), 'X-Org-Id': 'acme' }],
        ['acme', { 'X-API-Key': acme.token, 'X-Org-Id': 'acme' }],
        ['globex', { ...bearer(globex.token), 'X-Org-Id': 'globex' }],
        ['globex', { 'X-API-Key': globex.token, 'X-Org-Id': 'globex' }],
      ];
      for (const [orgId, headers] of [...presented, ...presented.toReversed()]) {
        const answer = await ask(path, headers);
        expect([path, answer.status, answer.headers.get('x-cache')]).toEqual([path, 200, 'MISS']);
        expect(answer.text).toContain(orgId);
        expect(answer.text).not.toContain(orgId === 'acme' ? 'globex' : 'acme');
        expect((await ask(path)).status).toBe(401);
        expect((await ask(path, bearer('kw_nonsense'))).status).toBe(401);
      }
    }
  });

  it('answers a revoked key with 401, even for a record that it got before', async () => {
    const { id, token } = await application.issue('acme');
    for (const path of application.own) {
      expect((await ask(path, { ...bearer(token), 'X-Org-Id': 'acme' })).status).toBe(200);
    }
    await application.revoke(id);
    for (const path of application.own) {
      expect((await ask(path, { ...bearer(token), 'X-Org-Id': 'acme' })).status).toBe(401);
    }
  });
});
