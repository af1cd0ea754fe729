import type { IssuedApiKey } from 'keyward';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import { postForm } from '../support/form';
import type { HttpAnswer, HttpClient } from '../support/http-client';
import { takeClock } from '../support/movable-clock';
import { startService, type TestService } from '../support/service';

const PATH = '/oauth2/introspect';
const OWNER = '01jd8x4k2m6n8p0q2r4s6t8v0w';
const clock = takeClock();
const seconds = (date: Date | undefined): number => Math.floor((date?.getTime() ?? Number.NaN) / 1000);

describe.each(['memory', 'mongo'] as const)('an OAuth resource server with the %s store', (storage) => {
  let service: TestService;
  let asker: HttpClient;
  let root: HttpClient;

  beforeAll(async () => {
    service = await startService(storage, { PUBLIC_URL: 'https://keys.example.com' });
    asker = service.as((await service.issue({ scopes: ['api-keys:verify'] })).token);
    root = service.as(service.root.token);
    await service.owner(OWNER);
  });
  afterAll(async () => service.stop());

  const introspect = async (token: string, more: Record<string, string> = {}): Promise<HttpAnswer> =>
    postForm(asker, PATH, { token, ...more });
  const rotate = async ({ key }: IssuedApiKey, gracePeriodSeconds: number): Promise<string> =>
    String((await root.post(`/v1/api-keys/${key.id}/rotate`, { gracePeriodSeconds })).body['token']);

  it('gets every response member for a key with an owner, a tenant and an expiry', async () => {
    const { key, token } = await service.issue({
      scopes: ['memory:read', 'memory:write'],
      orgId: 'acme',
      projectId: 'apollo',
      ownerId: OWNER,
      externalId: 'cust-7',
      expiresAt: clock.in(3600),
    });
    const answer = await introspect(token, {
      org_id: 'acme',
      project_id: 'apollo',
      token_type_hint: 'access_token',
    });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(answer.body).toEqual({
      active: true,
      scope: 'memory:read memory:write',
      client_id: key.id,
      sub: OWNER,
      jti: key.id,
      token_type: 'Bearer',
      exp: seconds(key.expiresAt),
      iat: seconds(key.createdAt),
      iss: 'https://keys.example.com',
      org_id: 'acme',
      project_id: 'apollo',
      external_id: 'cust-7',
    });
  });

  it('gets no expiry, owner or tenant of a key that has none', async () => {
    const { key, token } = await service.issue({ scopes: [] });
    expect((await introspect(token)).body).toEqual({
      active: true,
      scope: '',
      client_id: key.id,
      sub: key.id,
      jti: key.id,
      token_type: 'Bearer',
      iat: seconds(key.createdAt),
      iss: 'https://keys.example.com',
    });
  });

  it.each([
    ['the end of the grace period, if the key expires later', 60, 3600, 60],
    ['the expiry of the key, if the grace period ends later', 3600, 60, 60],
    ['the end of the grace period, if the key never expires', 60, undefined, 60],
  ])(
    'gets the earlier of two times as the expiry of a previous token: %s',
    async (_name, grace, life, end) => {
      const expiresAt = life === undefined ? undefined : clock.in(life);
      const issued = await service.issue({ expiresAt });
      const next = await rotate(issued, grace);
      const former = (await introspect(issued.token)).body;
      const ends = Number(former['exp']) - Date.now() / 1000 - (clock.in(0).getTime() - Date.now()) / 1000;
      expect(Math.abs(ends - end)).toBeLessThan(30);
      const current = (await introspect(next)).body;
      expect(current['exp']).toBe(expiresAt && seconds(expiresAt));
      expect(current['jti']).toBe(former['jti']);
    },
  );

  it('gets the issue time of the token, not of the key', async () => {
    const issued = await service.issue({});
    clock.advance(1000);
    const next = await rotate(issued, 3600);
    const [former, current] = [await introspect(issued.token), await introspect(next)];
    const later = Number(current.body['iat']) - Number(former.body['iat']);
    expect(later).toBeGreaterThanOrEqual(1000);
    expect(later).toBeLessThan(1060);
  });

  const inactive: readonly (readonly [string, () => Promise<readonly [string, Record<string, string>?]>])[] =
    [
      ['nonsense', async () => ['nonsense']],
      ['a token of an unknown key', async () => [issueToken('kw', newKeyId(new Date())).token]],
      ['a wrong secret', async () => [issueToken('kw', (await service.issue({})).key.id).token]],
      [
        'a JWT',
        async () => ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXI'],
      ],
      ['100 kB', async () => ['a'.repeat(100_000)]],
      [
        'a rotated token',
        async () => {
          const issued = await service.issue({});
          await rotate(issued, 0);
          return [issued.token];
        },
      ],
      [
        'a revoked key',
        async () => {
          const { key, token } = await service.issue({});
          await root.delete(`/v1/api-keys/${key.id}`);
          return [token];
        },
      ],
      ['a disabled key', async () => [(await service.issue({ enabled: false })).token]],
      [
        'an expired key',
        async () => {
          const { token } = await service.issue({ expiresAt: clock.in(60) });
          clock.advance(61);
          return [token];
        },
      ],
      [
        'a key used from another address',
        async () => [(await service.issue({ allowedIps: ['203.0.113.7'] })).token, { ip: '198.51.100.1' }],
      ],
      [
        'a key with an allowlist, if the request names no address',
        async () => [(await service.issue({ allowedIps: ['127.0.0.1'] })).token],
      ],
      [
        'a bound key, if the request names no tenant',
        async () => [(await service.issue({ orgId: 'acme' })).token],
      ],
      [
        'a key of another tenant',
        async () => [(await service.issue({ orgId: 'globex' })).token, { org_id: 'acme' }],
      ],
      [
        'a key of another project',
        async () => [
          (await service.issue({ orgId: 'acme', projectId: 'apollo' })).token,
          { org_id: 'acme', project_id: 'hermes' },
        ],
      ],
    ];

  it.each(inactive)('gets only active: false for %s', async (_name, make) => {
    const [token, more] = await make();
    const answer = await introspect(token, more);
    expect([answer.status, answer.text]).toEqual([200, '{"active":false}']);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('ratelimit')).toBeNull();
  });

  it('does not use up the rate limit of the key, and gets no rate limit headers', async () => {
    const { token } = await service.issue({
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 3600 }],
    });
    for (let time = 0; time < 5; time += 1) {
      const { body, headers } = await introspect(token);
      expect([body['active'], headers.get('ratelimit')]).toEqual([true, null]);
    }
    expect((await service.as(token).get('/v1/api-keys/self')).status).toBe(200);
    expect((await service.as(token).get('/v1/api-keys/self')).status).toBe(429);
    expect((await introspect(token)).body['active']).toBe(true);
  });
});

describe('a service without a public URL', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory');
  });
  afterAll(async () => service.stop());

  it('omits the issuer', async () => {
    const answer = await postForm(service.as(service.root.token), PATH, { token: service.root.token });
    expect(answer.body).toMatchObject({ active: true, scope: '*' });
    expect(answer.body).not.toHaveProperty('iss');
  });
});
