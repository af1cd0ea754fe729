import type { RateLimit } from 'keyward';
import type { HttpAnswer, HttpClient } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const SELF = '/v1/api-keys/self';
const HOUR = 3600;

/** Waits for longer than a window of one second. */
const aSecond = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1100));

/** Sends concurrent requests and returns their statuses, sorted. */
async function statuses(client: HttpClient, count: number): Promise<readonly number[]> {
  const answers = await Promise.all(Array.from({ length: count }, async () => client.get(SELF)));
  return answers.map(({ status }) => status).toSorted((one, other) => one - other);
}

describe.each(['memory', 'mongo'] as const)('rate limiting with the %s store', (storage) => {
  let service: TestService;
  let root: HttpClient;

  beforeAll(async () => {
    service = await startService(storage);
    root = service.as(service.root.token);
  });
  afterAll(async () => service.stop());

  const limited = async (
    limit: number,
    windowSeconds = HOUR,
  ): Promise<{ id: string; client: HttpClient }> => {
    const { key, token } = await service.issue({
      scopes: ['memory:read'],
      rateLimits: [{ name: 'default', limit, windowSeconds }],
    });
    return { id: key.id, client: service.as(token) };
  };

  it.each([1, 7, 50])(
    'accepts exactly %i requests in a window, even concurrent ones [T60]',
    async (limit) => {
      const { client } = await limited(limit);
      const answers = await statuses(client, 3 * limit);
      expect(answers.filter((status) => status === 200)).toHaveLength(limit);
      expect(answers.filter((status) => status === 429)).toHaveLength(2 * limit);
      expect(await statuses(client, 3)).toEqual([429, 429, 429]);
    },
  );

  it('counts requests to the guard, forward-auth and verify together', async () => {
    const { key, token } = await service.issue({
      rateLimits: [{ name: 'default', limit: 10, windowSeconds: HOUR }],
    });
    const asker = service.as((await service.issue({ scopes: ['api-keys:verify'] })).token);
    const holder = service.as(token);
    const passed = await Promise.all(
      Array.from({ length: 10 }, async () => [
        (await holder.get(SELF)).status === 200,
        (await holder.get('/v1/forward-auth?authenticated=1')).status === 200,
        (await asker.post('/v1/api-keys/verify', { token, authenticated: true })).body['valid'] === true,
      ]),
    );
    expect(passed.flat().filter(Boolean)).toHaveLength(10);
    expect(key.rateLimits).toEqual([{ name: 'default', limit: 10, windowSeconds: HOUR }]);
  });

  it('reports the remaining requests and the reset time in every answer', async () => {
    const { client } = await limited(3);
    const answers: HttpAnswer[] = [];
    for (let time = 0; time < 5; time += 1) answers.push(await client.get(SELF));
    const told = answers.map(({ status, headers }) => [
      status,
      headers.get('ratelimit-policy'),
      headers.get('ratelimit')?.replace(/t=\d+$/, 't=…'),
    ]);
    expect(told).toEqual([
      [200, '"key:default";q=3;w=3600', '"key:default";r=2;t=…'],
      [200, '"key:default";q=3;w=3600', '"key:default";r=1;t=…'],
      [200, '"key:default";q=3;w=3600', '"key:default";r=0;t=…'],
      [429, '"key:default";q=3;w=3600', '"key:default";r=0;t=…'],
      [429, '"key:default";q=3;w=3600', '"key:default";r=0;t=…'],
    ]);
    for (const { status, headers, body } of answers) {
      const reset = Number(/;t=(\d+)$/.exec(headers.get('ratelimit') ?? '')?.[1]);
      expect(reset).toBeGreaterThan(HOUR - 60);
      expect(reset).toBeLessThanOrEqual(HOUR);
      expect(headers.get('retry-after')).toBe(status === 429 ? String(reset) : null);
      expect(body['code']).toBe(status === 429 ? 'rate_limited' : undefined);
    }
    expect(answers[4]?.headers.get('content-type')).toContain('application/problem+json');
    expect(answers[4]?.headers.get('cache-control')).toBe('no-store');
  });

  it('sends no rate limit headers for a key without a limit', async () => {
    const { headers } = await root.get(SELF);
    expect([headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([null, null]);
  });

  it('counts parent and child keys separately', async () => {
    const parent = await service.issue({
      scopes: ['api-keys:write', 'memory:read'],
      rateLimits: [{ name: 'default', limit: 3, windowSeconds: HOUR }],
    });
    const child = await service
      .as(parent.token)
      .post('/v1/api-keys', { name: 'child', scopes: ['memory:read'] });
    expect(child.body['rateLimits']).toEqual([{ name: 'default', limit: 3, windowSeconds: HOUR }]);
    expect(await statuses(service.as(String(child.body['token'])), 4)).toEqual([200, 200, 200, 429]);
    expect(await statuses(service.as(parent.token), 3)).toEqual([200, 200, 429]);
  });

  it('counts a request for all limits of the key, or rejects it and counts it for none', async () => {
    const { token } = await service.issue({
      rateLimits: [
        { name: 'burst', limit: 2, windowSeconds: HOUR },
        { name: 'daily', limit: 3, windowSeconds: 24 * HOUR },
      ],
    });
    const client = service.as(token);
    expect(await statuses(client, 6)).toEqual([200, 200, 429, 429, 429, 429]);
    const { status, body, headers } = await client.get(SELF);
    expect([status, body['limit']]).toEqual([
      429,
      { of: 'key', name: 'burst', limit: 2, windowSeconds: HOUR },
    ]);
    expect(headers.get('retry-after')).toBe(String(body['retryAfter']));
    expect(headers.get('ratelimit-policy')).toBe('"key:burst";q=2;w=3600, "key:daily";q=3;w=86400');
    expect(headers.get('ratelimit')).toMatch(/^"key:burst";r=0;t=\d+, "key:daily";r=1;t=\d+$/);
  });

  it('does not count requests that are rejected for another reason', async () => {
    const { id, client } = await limited(1);
    for (let time = 0; time < 5; time += 1) expect((await client.get('/v1/api-keys')).status).toBe(403);
    await root.patch(`/v1/api-keys/${id}`, { enabled: false });
    expect(await statuses(client, 5)).toEqual([401, 401, 401, 401, 401]);
    await root.patch(`/v1/api-keys/${id}`, { enabled: true });
    expect(await statuses(client, 1)).toEqual([200]);
  });

  it('counts requests that the guard allows, even if they fail later', async () => {
    const { client } = await limited(2);
    expect((await client.get(`${SELF}?nonsense=1`)).status).toBe(400);
    expect((await client.get(`${SELF}?nonsense=1`)).status).toBe(400);
    expect((await client.get(`${SELF}?nonsense=1`)).status).toBe(429);
  });

  it('starts a new window when the previous one is over', async () => {
    const { client } = await limited(2, 1);
    await statuses(client, 3);
    await aSecond();
    const first = await client.get(SELF);
    expect([first.status, first.headers.get('ratelimit')]).toEqual([200, '"key:default";r=1;t=1']);
  });

  it('keeps the count if the limit or the window changes, and if the limit is removed and added again [T120]', async () => {
    const { id, client } = await limited(2);
    const change = async (...rateLimits: readonly RateLimit[]): Promise<void> => {
      expect((await root.patch(`/v1/api-keys/${id}`, { rateLimits })).status).toBe(200);
    };
    expect(await statuses(client, 3)).toEqual([200, 200, 429]);
    await change({ name: 'renamed', limit: 4, windowSeconds: HOUR });
    expect(await statuses(client, 3)).toEqual([200, 200, 429]);
    await change({ name: 'default', limit: 4, windowSeconds: 2 * HOUR });
    expect(await statuses(client, 2)).toEqual([429, 429]);
    await change();
    expect(await statuses(client, 3)).toEqual([200, 200, 200]);
    await change({ name: 'default', limit: 4, windowSeconds: HOUR });
    expect(await statuses(client, 2)).toEqual([429, 429]);
  });

  it('applies a shortened window at once', async () => {
    const { id, client } = await limited(2);
    expect(await statuses(client, 3)).toEqual([200, 200, 429]);
    const shorter = { rateLimits: [{ name: 'default', limit: 2, windowSeconds: 1 }] };
    expect((await root.patch(`/v1/api-keys/${id}`, shorter)).status).toBe(200);
    const still = await client.get(SELF);
    expect([still.status, still.headers.get('retry-after')]).toEqual([429, '1']);
    await aSecond();
    expect((await client.get(SELF)).status).toBe(200);
  });

  it('does not prevent a key from revoking itself past its limit [T88]', async () => {
    const [{ client }, other] = [await limited(1), await limited(1)];
    expect(await statuses(client, 2)).toEqual([200, 429]);
    expect((await client.delete(SELF)).status).toBe(204);
    expect((await client.get(SELF)).body['code']).toBe('key_revoked');
    expect(await statuses(other.client, 1)).toEqual([200]);
  });

  it('keeps the count when the key is rotated', async () => {
    const { id, client } = await limited(2);
    expect(await statuses(client, 2)).toEqual([200, 200]);
    const { body } = await root.post(`/v1/api-keys/${id}/rotate`, {});
    expect(await statuses(service.as(String(body['token'])), 1)).toEqual([429]);
  });
});
