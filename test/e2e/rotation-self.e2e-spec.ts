import type { HttpAnswer } from '../support/http-client';
import { takeClock } from '../support/movable-clock';
import { startService, type TestService } from '../support/service';
import { storedKey } from '../support/stored-key';

const PATH = '/v1/api-keys/self/rotate';
const clock = takeClock();

describe.each(['memory', 'mongo'] as const)('a job that rotates its key in the %s store', (storage) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(storage);
  });
  afterAll(async () => service.stop());

  const rotateSelf = async (token: unknown, body: unknown = {}): Promise<HttpAnswer> =>
    service.as(String(token)).post(PATH, body);

  it.each([
    ['unbound', {}],
    ['bound to acme', { orgId: 'acme' }],
    ['bound to apollo in acme', { orgId: 'acme', projectId: 'apollo' }],
  ])('gets a new token for a key that is %s, without naming a tenant', async (_name, binding) => {
    const { key, token } = await service.issue({ scopes: ['api-keys:rotate-self'], ...binding });
    const answer = await rotateSelf(token);
    expect([answer.status, answer.body['id'], answer.headers.get('cache-control')]).toEqual([
      200,
      key.id,
      'no-store',
    ]);
    expect((await rotateSelf(token)).body['code']).toBe('key_rotated');
    expect((await service.as(String(answer.body['token'])).get('/v1/api-keys/self')).status).toBe(200);
    expect((await storedKey(service, key.id)).history[1]).toMatchObject({
      action: 'rotated',
      by: `key:${key.id}`,
    });
  });

  it('can rotate repeatedly, each time with the newest token', async () => {
    const { key, token } = await service.issue({ scopes: ['api-keys:*'] });
    let current: unknown = token;
    for (let time = 0; time < 8; time += 1) {
      const answer = await rotateSelf(current, { gracePeriodSeconds: time % 2 === 0 ? 60 : 0 });
      expect(answer.status).toBe(200);
      current = answer.body['token'];
    }
    expect((await storedKey(service, key.id)).version).toBe(9);
  });

  it.each([[[]], [['api-keys:write', 'api-keys:read']], [['api-keys:rotate']], [['memory:*']]])(
    'gets 403 without api-keys:rotate-self: %j',
    async (scopes) => {
      const { key, token } = await service.issue({ scopes });
      const answer = await rotateSelf(token);
      expect([answer.status, answer.body['code']]).toEqual([403, 'insufficient_scope']);
      expect(answer.headers.get('www-authenticate')).toContain('scope="api-keys:rotate-self"');
      expect((await storedKey(service, key.id)).version).toBe(1);
    },
  );

  it('gets 409 with a token in its grace period, so a stolen one cannot take over the key [T52]', async () => {
    const { key, token } = await service.issue({ scopes: ['api-keys:rotate-self'] });
    const next = (await rotateSelf(token, { gracePeriodSeconds: 3600 })).body['token'];
    for (const body of [{}, { gracePeriodSeconds: 0 }, { gracePeriodSeconds: 3600 }]) {
      const stolen = await rotateSelf(token, body);
      expect([stolen.status, stolen.body['code']]).toEqual([409, 'rotation_conflict']);
      expect(stolen.body).not.toHaveProperty('token');
    }
    expect((await service.as(token).get('/v1/api-keys/self')).status).toBe(200);
    expect((await storedKey(service, key.id)).version).toBe(2);
    expect((await rotateSelf(next)).status).toBe(200);
  });

  it('cannot rotate an expired or a revoked key', async () => {
    const expired = await service.issue({ scopes: ['*'], expiresAt: clock.in(60) });
    const revoked = await service.issue({ scopes: ['*'] });
    await service.as(revoked.token).delete('/v1/api-keys/self');
    clock.advance(61);
    expect((await rotateSelf(expired.token)).body['code']).toBe('key_expired');
    expect((await rotateSelf(revoked.token)).body['code']).toBe('key_revoked');
    expect((await service.as().post(PATH, {})).status).toBe(401);
  });

  it('gets 400 if the rotation request contains other fields', async () => {
    const { key, token } = await service.issue({
      scopes: ['api-keys:rotate-self'],
      expiresAt: clock.in(60),
    });
    for (const body of [{ scopes: ['*'] }, { expiresAt: null }, { orgId: 'globex' }, { id: 'x' }]) {
      expect((await rotateSelf(token, body)).status).toBe(400);
    }
    expect((await service.as(token).post(`${PATH}?gracePeriodSeconds=60`, {})).status).toBe(400);
    const { body } = await rotateSelf(token);
    expect([body['scopes'], body['expiresAt']]).toEqual([
      ['api-keys:rotate-self'],
      key.expiresAt?.toISOString(),
    ]);
  });

  it('gets exactly one new token from 20 concurrent requests', async () => {
    const { key, token } = await service.issue({ scopes: ['api-keys:rotate-self'] });
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => rotateSelf(token, { gracePeriodSeconds: 60 })),
    );
    const outcomes = answers.map(({ status, body }) => (status === 200 ? 200 : body['code']));
    expect(outcomes.filter((outcome) => outcome === 200)).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set([200, 'rotation_conflict']));
    expect((await storedKey(service, key.id)).secrets).toHaveLength(2);
  });
});
