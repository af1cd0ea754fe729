import { setTimeout as pause } from 'node:timers/promises';
import { UsageRecorder } from '../../src/api-keys/usage/usage-recorder';
import { UsagePruner } from '../../src/api-keys/usage/usage-pruner';
import type { HttpAnswer, HttpClient, JsonObject } from '../support/http-client';
import { mistyped } from '../support/mistyped';
import { takeClock } from '../support/movable-clock';
import { startService, type TestService } from '../support/service';

const SELF = '/v1/api-keys/self';
const HOUR = 3600;
const DAY = 24 * HOUR;
const UNKNOWN = '01jd8x4k2m6n8p0q2r4s6t8v0w';

const clock = takeClock();

interface Holder {
  readonly id: string;
  readonly token: string;
  readonly client: HttpClient;
}

const usageOf = async (client: HttpClient, id: string, query = ''): Promise<HttpAnswer> =>
  client.get(`/v1/api-keys/${id}/usage${query}`);

describe.each(['memory', 'mongo'] as const)('the usage API with the %s store', (storage) => {
  let service: TestService;
  let root: HttpClient;
  let manager: HttpClient;

  beforeAll(async () => {
    // The test triggers each flush itself.
    service = await startService(storage, { USAGE_FLUSH_MS: '3600000', USAGE_RETENTION_DAYS: '40' });
    root = service.as(service.root.token);
    manager = (await holderOf({ scopes: ['api-keys:read'], orgId: 'acme' })).client;
  });
  afterAll(async () => service.stop());

  async function holderOf(request: Parameters<TestService['issue']>[0]): Promise<Holder> {
    const { key, token } = await service.issue(request);
    return { id: key.id, token, client: service.as(token) };
  }

  async function stored(): Promise<void> {
    await service.app.get(UsageRecorder).flush();
  }

  const countsOf = async (id: string, query = ''): Promise<readonly number[]> => {
    const { body } = await usageOf(root, id, query);
    return (body['data'] as { count: number }[]).map(({ count }) => count);
  };

  const sumOf = async (id: string): Promise<number> =>
    (await countsOf(id)).reduce((sum, count) => sum + count, 0);

  it('shows each tenant the hourly counts of its own keys', async () => {
    const acme = await holderOf({ orgId: 'acme' });
    const globex = await holderOf({ orgId: 'globex' });
    for (let n = 0; n < 3; n += 1) await acme.client.get(SELF);
    await globex.client.get(SELF);
    const before = await usageOf(manager, acme.id);
    expect(before.body).toMatchObject({ data: [], lastUsedAt: null });

    await stored();
    const answer = await usageOf(manager, acme.id);
    expect(answer.status).toBe(200);
    const hour = String((answer.body['data'] as JsonObject[])[0]?.['hour']);
    expect(answer.body).toEqual({
      data: [{ hour: expect.stringMatching(/T\d\d:00:00\.000Z$/), count: 3, outcomes: { VALID: 3 } }],
      from: expect.stringMatching(/T\d\d:00:00\.000Z$/),
      to: expect.any(String),
      lastUsedAt: expect.any(String),
      lastAddress: '127.0.0.1',
    });
    expect(String(answer.body['lastUsedAt']).slice(0, 13)).toBe(hour.slice(0, 13));
    expect(await countsOf(globex.id)).toEqual([1]);
  });

  it('counts accepted and rejected requests by outcome, at the guard, forward-auth and verify', async () => {
    const asker = service.as((await service.issue({ scopes: ['api-keys:verify'] })).token);
    const { id, token, client } = await holderOf({
      rateLimits: [{ name: 'default', limit: 3, windowSeconds: HOUR }],
    });
    await client.get(SELF);
    await client.get('/v1/forward-auth?authenticated=1');
    const asked = { token, authenticated: true };
    expect((await asker.post('/v1/api-keys/verify', asked)).body['code']).toBe('VALID');
    expect((await asker.post('/v1/api-keys/verify', asked)).body['code']).toBe('RATE_LIMITED');
    expect((await client.get(SELF)).status).toBe(429);
    expect((await client.get('/v1/api-keys')).status).toBe(403);
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const looked = await asker.send('POST', '/oauth2/introspect', `token=${token}`, form);
    expect(looked.body).toMatchObject({ active: true });
    await stored();
    expect(await sumOf(id)).toBe(3);
    const { body } = await usageOf(root, id);
    expect((body['data'] as JsonObject[])[0]?.['outcomes']).toEqual({
      VALID: 3,
      INSUFFICIENT_SCOPE: 1,
      RATE_LIMITED: 2,
    });
  });

  it('counts nothing for a wrong token, and counts a request with a revoked key as no use', async () => {
    const { id, token, client } = await holderOf({});
    await service.as(mistyped(token)).get(SELF);
    await root.delete(`/v1/api-keys/${id}`);
    expect((await client.get(SELF)).status).toBe(401);
    await stored();
    expect((await usageOf(root, id)).body).toMatchObject({
      data: [{ count: 0, outcomes: { REVOKED: 1 } }],
      lastUsedAt: null,
      lastAddress: null,
    });
  });

  it('counts a rejected request on a route that reads the store instead of the cache', async () => {
    const { id, client } = await holderOf({});
    expect((await client.post('/v1/api-keys', { name: 'x' })).status).toBe(403);
    await stored();
    expect((await usageOf(root, id)).body['data']).toMatchObject([{ outcomes: { INSUFFICIENT_SCOPE: 1 } }]);
  });

  it('returns lastUsedAt for a key and in a list, or null if the key is unused', async () => {
    const used = await holderOf({ orgId: 'acme' });
    const idle = await holderOf({ orgId: 'acme' });
    await used.client.get(SELF);
    await stored();
    const { lastUsedAt } = (await usageOf(root, used.id)).body;
    expect(Date.parse(String(lastUsedAt))).not.toBeNaN();
    expect((await manager.get(`/v1/api-keys/${used.id}`)).body['lastUsedAt']).toBe(lastUsedAt);
    expect((await used.client.get(SELF)).body['lastUsedAt']).toBe(lastUsedAt);
    expect((await manager.get(`/v1/api-keys/${idle.id}`)).body['lastUsedAt']).toBeNull();
    const { data } = (await manager.get('/v1/api-keys?limit=2')).body;
    expect((data as JsonObject[]).map(({ id, lastUsedAt: last }) => [id, last])).toEqual([
      [idle.id, null],
      [used.id, lastUsedAt],
    ]);
    const changed = await root.patch(`/v1/api-keys/${used.id}`, { name: 'renamed' });
    const rotated = await root.post(`/v1/api-keys/${used.id}/rotate`);
    expect([changed.body['lastUsedAt'], rotated.body['lastUsedAt']]).toEqual([lastUsedAt, lastUsedAt]);
  });

  it('does not change the version or the history of the key', async () => {
    const { id, client } = await holderOf({});
    const before = (await root.get(`/v1/api-keys/${id}`)).headers.get('etag');
    await client.get(SELF);
    await stored();
    expect((await root.get(`/v1/api-keys/${id}`)).headers.get('etag')).toBe(before);
    expect((await root.get(`/v1/api-keys/${id}/history`)).body['data']).toHaveLength(1);
  });

  it('starts a new count each hour, filters by period, and deletes old counts', async () => {
    const { id, client } = await holderOf({});
    const first = clock.in(0);
    await client.get(SELF);
    clock.advance(HOUR);
    // Uses are counted by a time that can be a millisecond old.
    await pause(5);
    await client.get(SELF);
    await client.get(SELF);
    await stored();
    expect(await countsOf(id)).toEqual([1, 2]);
    const hour = new Date(Math.floor(clock.in(0).getTime() / 3_600_000) * 3_600_000).toISOString();
    expect(await countsOf(id, `?from=${hour}`)).toEqual([2]);
    expect(await countsOf(id, `?to=${hour}`)).toEqual([1]);

    clock.advance(30 * DAY);
    const from = `?from=${encodeURIComponent(first.toISOString().replace('Z', '+00:00'))}`;
    expect(await countsOf(id)).toEqual([]);
    expect(await countsOf(id, from)).toEqual([1, 2]);
    await service.app.get(UsagePruner).prune();
    expect(await countsOf(id, from)).toEqual([1, 2]);
    clock.advance(12 * DAY);
    await service.app.get(UsagePruner).prune();
    const to = `&to=${new Date(first.getTime() + 30 * DAY * 1000).toISOString()}`;
    const { body } = await usageOf(root, id, from + to);
    expect(body['data']).toEqual([]);
    expect(body['lastUsedAt']).toEqual(expect.any(String));
  });

  it.each([
    ['from without an offset', '?from=2027-01-31T12:00:00', '/from'],
    ['from with an offset whose + is not encoded', '?from=2027-01-31T12:00:00+02:00', '/from'],
    ['from as a day', '?from=2027-01-31', '/from'],
    ['from as a number', '?from=1801396800', '/from'],
    ['an empty from', '?from=', '/from'],
    ['from twice', '?from=2027-01-31T12:00:00Z&from=2027-01-31T12:00:00Z', '/from'],
    ['a day that does not exist', '?to=2027-02-30T12:00:00Z', '/to'],
    ['from as an object', '?from[$gt]=1', '/from[$gt]'],
    ['an end before the start', '?from=2027-01-31T12:00:00Z&to=2027-01-30T12:00:00Z', '/from'],
    ['an empty period', '?from=2027-01-31T12:00:00Z&to=2027-01-31T12:00:00Z', '/from'],
    ['a start in the future without an end', '?from=2999-01-01T00:00:00Z', '/from'],
    ['more than 31 days', '?from=2027-01-01T00:00:00Z&to=2027-02-01T00:00:00.001Z', '/from'],
    ['all of time', '?from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z', '/from'],
    ['an end before any use', '?to=0000-01-01T00:00:00Z', '/from'],
    ['an unknown parameter', '?hours=5', '/hours'],
  ])('rejects %s with 400, and names the parameter', async (_what, query, field) => {
    const { id } = await holderOf({});
    const { status, body } = await usageOf(root, id, query);
    expect([status, body['code']]).toEqual([400, 'validation_failed']);
    expect((body['errors'] as { field: string }[]).map((error) => error.field)).toEqual([field]);
  });

  it.each([
    ['31 days', '?from=2027-01-01T00:00:00Z&to=2027-02-01T00:00:00Z'],
    ['the first possible day', '?to=1970-01-02T00:00:00Z'],
    ['the last possible day', '?from=9999-12-31T00:00:00Z&to=9999-12-31T23:59:59.999Z'],
    ['an offset', '?from=2027-01-01T00:00:00%2B02:00&to=2027-01-01T00:00:00-02:00'],
  ])('answers with an empty list for %s', async (_what, query) => {
    const { id } = await holderOf({});
    const { status, body } = await usageOf(root, id, query);
    expect([status, body['data']]).toEqual([200, []]);
  });

  it('gives the same 404 for a key of another tenant, an unknown id and an invalid id', async () => {
    const globex = await holderOf({ orgId: 'globex' });
    const answers = await Promise.all(
      [globex.id, UNKNOWN, 'no-id', '%00', `${globex.id}:2027-01-01`, '#probe'].map(async (id) => {
        const { status, text } = await usageOf(manager, encodeURIComponent(id));
        return `${status} ${text}`;
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('404');
    expect(answers[0]).toContain('"not_found"');
  });
});
