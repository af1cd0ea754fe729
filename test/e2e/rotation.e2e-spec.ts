import type { CreateApiKey } from 'keyward';
import type { HttpAnswer, HttpClient } from '../support/http-client';
import { takeClock } from '../support/movable-clock';
import { startService, type TestService } from '../support/service';
import { storedKey } from '../support/stored-key';

const WEEK = 7 * 86_400;
const MANAGER = ['api-keys:read', 'api-keys:write', 'memory:*'];
const clock = takeClock();

describe.each(['memory', 'mongo'] as const)('a rotation with the %s store', (storage) => {
  let service: TestService;
  let root: HttpClient;

  beforeAll(async () => {
    service = await startService(storage);
    root = service.as(service.root.token);
  });
  afterAll(async () => service.stop());

  const rotate = async (id: string, body?: unknown, by = root): Promise<HttpAnswer> =>
    by.post(`/v1/api-keys/${id}/rotate`, body);
  /** Uses a token, and returns 200 or the error code. */
  const use = async (token: unknown): Promise<unknown> => {
    const answer = await service.as(String(token)).get('/v1/api-keys/self');
    return answer.status === 200 ? 200 : answer.body['code'];
  };

  it.each([
    ['no body', undefined],
    ['an empty object', {}],
    ['a grace period of 0', { gracePeriodSeconds: 0 }],
  ])('with %s, creates a new token and rejects the previous one at once', async (_name, body) => {
    const { key, token } = await service.issue({
      scopes: ['memory:read'],
      orgId: 'acme',
      metadata: { a: 1 },
    });
    const before = await root.get(`/v1/api-keys/${key.id}`);
    const answer = await rotate(key.id, body);
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('etag')]).toEqual([
      200,
      'no-store',
      '"2"',
    ]);
    const { token: next, updatedAt, ...shown } = answer.body;
    expect(next).toMatch(new RegExp(`^kw_${key.id}_[0-9A-Za-z]{49}$`));
    expect(next).not.toBe(token);
    expect({ ...before.body, version: 2, updatedAt }).toEqual({ ...shown, updatedAt });
    expect([await use(token), await use(next)]).toEqual(['key_rotated', 200]);
    expect((await root.get(`/v1/api-keys/${key.id}/history`)).text).not.toContain(String(next));
  });

  it('keeps both tokens valid until exactly the end of the grace period [T50]', async () => {
    const { key, token } = await service.issue({});
    const { body } = await rotate(key.id, { gracePeriodSeconds: WEEK });
    clock.advance(WEEK - 5);
    expect([await use(token), await use(body['token'])]).toEqual([200, 200]);
    clock.advance(5);
    expect([await use(token), await use(body['token'])]).toEqual(['key_rotated', 200]);
  });

  it('keeps at most one previous token valid', async () => {
    const { key, token: first } = await service.issue({});
    const second = (await rotate(key.id, { gracePeriodSeconds: 3600 })).body['token'];
    const third = (await rotate(key.id, { gracePeriodSeconds: 3600 })).body['token'];
    expect([await use(first), await use(second), await use(third)]).toEqual(['key_rotated', 200, 200]);
    const fourth = (await rotate(key.id)).body['token'];
    expect([await use(second), await use(third), await use(fourth)]).toEqual([
      'key_rotated',
      'key_rotated',
      200,
    ]);
  });

  it('records the caller in the history', async () => {
    const manager = await service.issue({ scopes: MANAGER });
    const { key } = await service.issue({ scopes: ['memory:read'] });
    await rotate(key.id, {}, service.as(manager.token));
    const { body } = await root.get(`/v1/api-keys/${key.id}/history`);
    const entries = body['data'] as readonly Record<string, unknown>[];
    expect(entries.map(({ action, by, version }) => [action, by, version])).toEqual([
      ['created', 'system', 1],
      ['rotated', `key:${manager.key.id}`, 2],
    ]);
  });

  it('is rejected with 409 for revoked and expired keys [T16]', async () => {
    const revoked = await service.issue({});
    await root.delete(`/v1/api-keys/${revoked.key.id}`);
    const expired = await service.issue({ expiresAt: clock.in(60) });
    clock.advance(61);
    for (const [{ key }, code] of [
      [revoked, 'revoked_key_unchangeable'],
      [expired, 'expired_key_unchangeable'],
    ] as const) {
      const answer = await rotate(key.id);
      expect([answer.status, answer.body['code']]).toEqual([409, code]);
      expect(answer.body).not.toHaveProperty('token');
      expect((await storedKey(service, key.id)).secrets).toHaveLength(1);
    }
  });

  it('does not enable a disabled key', async () => {
    const { key } = await service.issue({ enabled: false });
    const { status, body } = await rotate(key.id);
    expect([status, body['status'], await use(body['token'])]).toEqual([200, 'disabled', 'key_disabled']);
  });

  const uncovered: readonly (readonly [string, Partial<CreateApiKey>, Partial<CreateApiKey>, string])[] = [
    ['another scope', {}, { scopes: ['report:read'] }, 'scopes'],
    ['every scope', {}, { scopes: ['*'] }, 'scopes'],
    ['a later expiry', { expiresAt: new Date('2090-01-01T00:00:00Z') }, {}, 'expiresAt'],
    ['other addresses', { allowedIps: ['127.0.0.1'] }, { allowedIps: ['203.0.113.7'] }, 'allowedIps'],
    ['any address', { allowedIps: ['127.0.0.1'] }, {}, 'allowedIps'],
    [
      'a higher rate limit',
      { rateLimits: [{ name: 'default', limit: 9, windowSeconds: 60 }] },
      {},
      'rateLimits',
    ],
  ];

  it.each(uncovered)(
    'is rejected with 403 if the key has a right that the caller lacks: %s',
    async (_name, caller, target, field) => {
      const manager = await service.issue({ scopes: MANAGER, ...caller });
      const { key, token } = await service.issue({ scopes: ['memory:read'], ...target });
      const answer = await rotate(key.id, {}, service.as(manager.token));
      expect([answer.status, answer.body['code'], answer.body['exceeded']]).toEqual([
        403,
        'delegation_exceeded',
        [field],
      ]);
      expect((await storedKey(service, key.id)).version).toBe(1);
      expect(await use(token)).not.toBe('key_rotated');
    },
  );

  it('is rejected with the same 404 for a key of another tenant, an unknown id and an invalid id', async () => {
    const manager = service.as((await service.issue({ scopes: ['*'], orgId: 'acme' })).token);
    const { key, token } = await service.issue({ orgId: 'globex' });
    const unbound = await service.issue({});
    const answers: string[] = [];
    for (const id of [key.id, unbound.key.id, '01jd8x4k2m6n8p0q2r4s6t8v0w', 'no-id', '%00']) {
      const { status, text } = await rotate(id, {}, manager);
      answers.push(`${status} ${text}`);
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^404 .*"not_found"/);
    expect(await use(token)).toBe(200);
  });

  it('is rejected with 403 without api-keys:write', async () => {
    const { key, token } = await service.issue({ scopes: ['api-keys:read', 'api-keys:rotate-self'] });
    const answer = await rotate(key.id, {}, service.as(token));
    expect([answer.status, answer.body['code']]).toEqual([403, 'insufficient_scope']);
  });

  it.each([
    { gracePeriodSeconds: -1 },
    { gracePeriodSeconds: WEEK + 1 },
    { gracePeriodSeconds: 1.5 },
    { gracePeriodSeconds: '60' },
    { gracePeriodSeconds: null },
    { gracePeriodSeconds: true },
    { gracePeriodSeconds: [60] },
    { gracePeriodSeconds: { $gt: 0 } },
    { gracePeriodSeconds: 60, token: 'mine' },
    { grace: 60 },
    [],
    'null',
    '60',
    '{"gracePeriodSeconds":1e999}',
    '{"__proto__":{"gracePeriodSeconds":60}}',
  ])('is rejected with 400 for the body %j, and changes nothing', async (body) => {
    const { key, token } = await service.issue({ scopes: ['api-keys:rotate-self'] });
    for (const answer of [
      await rotate(key.id, body),
      await service.as(token).post('/v1/api-keys/self/rotate', body),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.body).not.toHaveProperty('token');
    }
    expect((await storedKey(service, key.id)).version).toBe(1);
  });
});
