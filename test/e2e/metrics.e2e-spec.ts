import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import type { IssuedApiKey } from 'keyward';
import { postForm } from '../support/form';
import { HttpClient } from '../support/http-client';
import { runBuiltService } from '../support/node-process';
import { startService, type TestService } from '../support/service';

describe('the metrics endpoint', () => {
  let service: TestService;
  let acme: IssuedApiKey;
  let globex: IssuedApiKey;

  const metrics = async (): Promise<string> => (await service.as().get('/metrics')).text;
  const decisions = async (door: string, code: string): Promise<number> => {
    const line = `keyward_decisions_total{door="${door}",code="${code}"} `;
    const found = (await metrics()).split('\n').find((each) => each.startsWith(line));
    return found === undefined ? Number.NaN : Number(found.slice(line.length));
  };
  /** Counts the decisions of a kind that an action adds. */
  const more = async (door: string, code: string, act: () => Promise<unknown>): Promise<number> => {
    const before = await decisions(door, code);
    await act();
    return (await decisions(door, code)) - before;
  };

  beforeAll(async () => {
    service = await startService('memory');
    acme = await service.issue({ scopes: ['memory:read'], orgId: 'acme' });
    globex = await service.issue({
      scopes: [],
      orgId: 'globex',
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 600 }],
    });
  });
  afterAll(async () => service.stop());

  it('needs no key, and includes metrics of the process', async () => {
    const answer = await service.as().get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(answer.text).toMatch(/^process_cpu_seconds_total \d/m);
    expect(answer.text).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
    expect(answer.text).toMatch(/^keyward_part_health\{part="store"\} 1$/m);
  });

  it('contains only Keyward metrics that are documented', async () => {
    const pages = ['operations/README.md', 'usage.md', 'webhooks.md'].map((page) =>
      readFileSync(join(__dirname, '../../docs', page), 'utf8'),
    );
    const explained = new Set(
      pages.flatMap((page) => [...page.matchAll(/^\| `(keyward_\w+)/gm)].map(([, name]) => name)),
    );
    const told = [...(await metrics()).matchAll(/^# TYPE (keyward_\w+) /gm)].map(([, name]) => name);
    expect(told.length).toBeGreaterThan(10);
    expect(told.filter((name) => !explained.has(name))).toEqual([]);
  });

  it('counts each decision once, under the door that made it', async () => {
    const self = '/v1/api-keys/self';
    expect(await more('guard', 'VALID', async () => service.as(acme.token).get(self))).toBe(1);
    expect(await more('guard', 'MALFORMED', async () => service.as('nonsense').get(self))).toBe(1);
    const stranger = issueToken('kw', newKeyId(new Date())).token;
    expect(await more('guard', 'NOT_FOUND', async () => service.as(stranger).get(self))).toBe(1);
    expect(
      await more('guard', 'INSUFFICIENT_SCOPE', async () => service.as(acme.token).get('/v1/api-keys')),
    ).toBe(1);
    await service.as(globex.token).get(self);
    expect(await more('guard', 'RATE_LIMITED', async () => service.as(globex.token).get(self))).toBe(1);

    const root = service.as(service.root.token);
    const verify = async (): Promise<unknown> =>
      root.post('/v1/api-keys/verify', { token: acme.token, authenticated: true, orgId: 'globex' });
    expect(await more('verify', 'BINDING_MISMATCH', verify)).toBe(1);
    expect(await more('guard', 'VALID', verify)).toBe(1);
    const introspect = async (): Promise<unknown> =>
      postForm(root, '/oauth2/introspect', { token: acme.token, org_id: 'acme' });
    expect(await more('introspect', 'VALID', introspect)).toBe(1);
    const proxied = async (): Promise<unknown> =>
      service.as(acme.token).get('/v1/forward-auth?scope=memory:read&org=acme');
    expect(await more('forward-auth', 'VALID', proxied)).toBe(1);
    expect(await more('guard', 'VALID', proxied)).toBe(0);
  });

  it('measures requests per route pattern, and combines unknown paths under one label [T29]', async () => {
    await service.as(acme.token).get(`/v1/api-keys/${acme.key.id}`);
    await service.as().get(`/v1/api-keys/${acme.key.id}?token=${acme.token}`);
    for (let each = 0; each < 50; each += 1) await service.as().get(`/no/such/path-${each}`);
    await service.as().send('PROPFIND', '/v1/api-keys');
    const text = await metrics();
    expect(text).toContain(
      'keyward_http_request_duration_seconds_bucket{le="0.005",method="GET",route="/v1/api-keys/:id"',
    );
    const labels = new Set([...text.matchAll(/^keyward_http\w+_count\{(.+)\}/gm)].map(([, each]) => each));
    expect(labels).toContain('method="GET",route="unknown",status="4xx"');
    expect([...labels].filter((each) => each?.includes('route="unknown"')).length).toBeLessThanOrEqual(2);
    for (const { key, token } of [acme, globex, service.root]) {
      expect(text).not.toContain(key.id);
      expect(text).not.toContain(token.slice(-49));
    }
    expect(text).not.toMatch(/acme|globex/);
  });
});

describe('a service with METRICS_PORT', () => {
  it('serves only health and metrics on that port, and neither on the main port [T29]', async () => {
    const running = await runBuiltService({ NODE_ENV: 'development', METRICS_PORT: '0', LOG_LEVEL: 'fatal' });
    const [, address = ''] = await running.waitFor(/health and metrics on (http:\/\/127\.0\.0\.1:\d+)/);
    const [, root = ''] = await running.waitFor(/root key: (\S+)/);
    const operations = new HttpClient(address, root);
    const clients = new HttpClient(running.url, root);
    for (const path of ['/health/live', '/health/ready', '/metrics']) {
      expect([path, (await operations.get(path)).status]).toEqual([path, 200]);
      expect([path, (await clients.get(path)).status]).toEqual([path, 404]);
    }
    for (const path of ['/v1/api-keys/self', '/v1/api-keys', '/docs', '/docs-json', '/v1/forward-auth']) {
      expect([path, (await operations.get(path)).status]).toEqual([path, 404]);
      expect([path, (await clients.get(path)).status]).not.toEqual([path, 404]);
    }
    expect((await operations.post('/oauth2/introspect', {})).status).toBe(404);
    await running.stop();
  });
});
