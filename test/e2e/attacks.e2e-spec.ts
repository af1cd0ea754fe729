import type { HttpAnswer } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const OWNER = '01jd8x4k2m6n8p0q2r4s6t8v0w';
const THIEF = '01jd8x4k2m6n8p0q2r4s6t8v1z';
const SELF = '/v1/api-keys/self';

const at = (id: string): string => `/v1/api-keys/${id}`;

/** Attacks that once succeeded in a review of the running service. */
describe.each(['memory', 'mongo'] as const)('an attacker of a service with %s storage', (storage) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(storage, { TRUST_PROXY: '127.0.0.1', IMPORT_TOKEN_PREFIXES: 'xm_' });
    await service.owner(OWNER);
  });
  afterAll(async () => service.stop());

  it('cannot hide its address or a second credential behind 1,100 short headers [T18]', async () => {
    const { token } = await service.issue({ orgId: 'acme', allowedIps: ['127.0.0.0/8'] });
    const statusWith = async (name: string, value: string): Promise<number> => {
      const padding = Array.from({ length: 1100 }, (_, index) => [`b${index}`, 'c'] as const);
      const headers = Object.fromEntries([...padding, ['authorization', `Bearer ${token}`], [name, value]]);
      return (await fetch(service.url + SELF, { headers })).status;
    };
    expect(await statusWith('x-forwarded-for', '203.0.113.9')).toBe(403);
    expect(await statusWith('x-api-key', 'another')).toBe(400);
  });

  it('cannot use a token in its grace period to rotate its key or create a longer-lived key [T52]', async () => {
    const { key, token: old } = await service.issue({
      scopes: ['api-keys:write', 'api-keys:rotate-self'],
      orgId: 'acme',
    });
    const rotated = await service.as(old).post(`${SELF}/rotate`, { gracePeriodSeconds: 3600 });
    expect(rotated.status).toBe(200);
    for (const path of [`${SELF}/rotate`, `/v1/api-keys/${key.id}/rotate`]) {
      const refused = await service.as(old).post(path, {});
      expect([path, refused.status, refused.body['code']]).toEqual([path, 409, 'rotation_conflict']);
    }
    const endless = await service.as(old).post('/v1/api-keys', { name: 'n', scopes: [], expiresAt: null });
    expect([endless.status, endless.body['exceeded']]).toEqual([403, ['expiresAt']]);
    const made = await service.as(old).post('/v1/api-keys', { name: 'n', scopes: [] });
    expect(Date.parse(String(made.body['expiresAt']))).toBeLessThanOrEqual(Date.now() + 3_600_000);
    expect((await service.as(String(rotated.body['token'])).get(SELF)).status).toBe(200);
  });

  it('cannot use a token in its grace period to revoke its key or a key with api-keys:write [T95]', async () => {
    const scopes = ['api-keys:write', 'api-keys:rotate-self'];
    const { key, token: old } = await service.issue({ scopes, orgId: 'acme' });
    const manager = await service.issue({ scopes, orgId: 'acme' });
    const plain = await service.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const rotated = await service.as(old).post(`${SELF}/rotate`, { gracePeriodSeconds: 3600 });
    for (const { id } of [key, manager.key]) {
      const refused = await service.as(old).delete(at(id));
      expect([refused.status, refused.body['code']]).toEqual([403, 'delegation_exceeded']);
    }
    expect((await service.as(old).delete(at(plain.key.id))).status).toBe(204);
    expect((await service.as(String(rotated.body['token'])).get(SELF)).status).toBe(200);
    expect((await service.as(manager.token).get(SELF)).status).toBe(200);
  });

  it('cannot use a token in its grace period to get a key that can rotate the original key [T52]', async () => {
    await service.owner(THIEF);
    const soon = new Date(Date.now() + 1_800_000).toISOString();
    const { key, token: old } = await service.issue({
      scopes: ['api-keys:write', 'users:write', 'memory:read', 'api-keys:rotate-self'],
      expiresAt: new Date(soon),
    });
    const other = await service.issue({ scopes: ['api-keys:write'], expiresAt: new Date(soon) });
    const plain = await service.issue({ scopes: ['memory:read'] });
    const rotated = await service.as(old).post(`${SELF}/rotate`, { gracePeriodSeconds: 3600 });
    const holder = service.as(old);
    const manager = { name: 'n', scopes: ['api-keys:write', 'memory:read'], expiresAt: soon };
    const made = await holder.post('/v1/api-keys', { ...manager, scopes: ['memory:read'] });
    expect(made.status).toBe(201);

    const tries: readonly (readonly [string, Promise<HttpAnswer>, string])[] = [
      ['create a manager', holder.post('/v1/api-keys', manager), 'scopes'],
      [
        'turn its new key into a manager',
        holder.patch(at(String(made.body['id'])), { scopes: manager.scopes }),
        'scopes',
      ],
      ['rotate a manager', holder.post(`${at(other.key.id)}/rotate`, {}), 'scopes'],
      [
        'shorten the life of its key',
        holder.patch(at(key.id), { expiresAt: new Date(Date.now() + 60_000).toISOString() }),
        'scopes',
      ],
      ['give its key away', holder.patch(at(key.id), { ownerId: THIEF, orgId: 'acme' }), 'scopes'],
      ['bind its key', holder.patch(at(key.id), { orgId: 'acme' }), 'scopes'],
      ['give another key away', holder.patch(at(plain.key.id), { ownerId: THIEF }), 'ownerId'],
    ];
    for (const [what, answer, field] of tries) {
      const { status, body } = await answer;
      expect([what, status, body['exceeded']]).toEqual([what, 403, [field]]);
    }
    const narrowed = await holder.patch(at(plain.key.id), { orgId: 'acme' });
    expect([narrowed.status, narrowed.body['orgId']]).toEqual([200, 'acme']);
    const current = service.as(String(rotated.body['token']));
    expect((await current.post('/v1/api-keys', manager)).status).toBe(201);
    expect((await current.patch(at(key.id), { orgId: 'acme' })).status).toBe(200);
  });

  it('cannot use a token in its grace period to activate a user or get a key with users:write [T53]', async () => {
    const user = '01jd8x4k2m6n8p0q2r4s6t8v2a';
    await service.owner(user);
    const path = `/v1/users/${user}`;
    const { token: old } = await service.issue({
      scopes: ['api-keys:write', 'api-keys:rotate-self', 'users:*'],
    });
    const soon = new Date(Date.now() + 1_800_000).toISOString();
    const users = await service.issue({ scopes: ['users:write'], expiresAt: new Date(soon) });
    const rotated = await service.as(old).post(`${SELF}/rotate`, { gracePeriodSeconds: 3600 });
    const holder = service.as(old);
    expect((await holder.patch(path, { status: 'disabled' })).status).toBe(200);

    const manager = { name: 'n', scopes: ['users:write'], expiresAt: soon };
    const tries: readonly (readonly [string, Promise<HttpAnswer>, string])[] = [
      ['activate', holder.patch(path, { status: 'active' }), 'forbidden'],
      ['activate and rename', holder.patch(path, { status: 'active', username: 'thief' }), 'forbidden'],
      ['delete the user', holder.delete(path), 'forbidden'],
      ['create a manager', holder.post('/v1/api-keys', manager), 'delegation_exceeded'],
      ['rotate a manager', holder.post(`${at(users.key.id)}/rotate`, {}), 'delegation_exceeded'],
      ['change a manager', holder.patch(at(users.key.id), { scopes: [] }), 'delegation_exceeded'],
    ];
    for (const [what, answer, code] of tries) {
      const { status, body } = await answer;
      expect([what, status, body['code']]).toEqual([what, 403, code]);
    }
    const shown = (await holder.get('/v1/users')).body['data'] as readonly Record<string, unknown>[];
    expect(shown.find(({ id }) => id === user)).toMatchObject({ status: 'disabled', username: null });

    const current = service.as(String(rotated.body['token']));
    expect((await current.patch(path, { status: 'active' })).status).toBe(200);
    expect((await holder.delete(path, { 'If-Match': '"1"' })).status).toBe(412);
    expect((await holder.delete(path)).status).toBe(204);
    expect((await holder.delete(path)).status).toBe(204);
  });

  it('cannot remove the owner of a key if the attacker’s key lacks users:write [T73]', async () => {
    const { key, token: users } = await service.issue({
      scopes: ['memory:read'],
      orgId: 'acme',
      ownerId: OWNER,
    });
    const { token } = await service.issue({ scopes: ['api-keys:write', 'memory:read'], orgId: 'acme' });
    const refused = await service.as(token).patch(`/v1/api-keys/${key.id}`, { ownerId: null });
    expect([refused.status, refused.body['exceeded']]).toEqual([403, ['ownerId']]);
    expect((await service.as(users).get(SELF)).body['ownerId']).toBe(OWNER);
    const { token: administrator } = await service.issue({
      scopes: ['api-keys:write', 'users:write', 'memory:read'],
    });
    const freed = await service.as(administrator).patch(`/v1/api-keys/${key.id}`, { ownerId: null });
    expect([freed.status, freed.body['ownerId']]).toEqual([200, null]);
  });

  it('cannot rotate a key that has an owner if the attacker’s key lacks users:write', async () => {
    const { key } = await service.issue({ scopes: ['memory:read'], orgId: 'acme', ownerId: OWNER });
    const { token } = await service.issue({ scopes: ['api-keys:write', 'memory:read'], orgId: 'acme' });
    const refused = await service.as(token).post(`/v1/api-keys/${key.id}/rotate`, {});
    expect([refused.status, refused.body['exceeded']]).toEqual([403, ['ownerId']]);
  });

  it('gets 400 with a short error for a body with 15,000 fields', async () => {
    const wide = Object.fromEntries(Array.from({ length: 15_000 }, (_, index) => [`f${index}`, 1]));
    for (const body of [
      wide,
      { name: 'n', scopes: [], metadata: wide },
      { name: 'n', scopes: [], rateLimit: wide },
    ]) {
      const { status, text } = await service.as(service.root.token).post('/v1/api-keys', body);
      expect(status).toBe(400);
      expect(text.length).toBeLessThan(2000);
    }
  });

  it('cannot use a key bound to globex to find out whether a hash is already imported [T65]', async () => {
    const record = { hash: 'ab'.repeat(32), name: 'n', scopes: [] };
    const importing = async (token: string): Promise<HttpAnswer> =>
      service.as(token).post('/v1/api-keys/import', { keys: [record] });
    const { token: globex } = await service.issue({ scopes: ['api-keys:import'], orgId: 'globex' });
    const before = await importing(globex);
    const imported = await importing(service.root.token);
    expect(imported.body['results']).toMatchObject([{ outcome: 'imported' }]);
    const after = await importing(globex);
    expect([before.status, after.status, after.text]).toEqual([403, 403, before.text]);
  });
});
