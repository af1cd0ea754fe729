import type { HttpAnswer, HttpClient } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const MANAGER = ['api-keys:read', 'api-keys:write', 'memory:*'];

describe.each(['memory', 'mongo'] as const)('the management API with the %s store', (storage) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(storage);
  });
  afterAll(async () => service.stop());

  it('creates a key and shows its token only once', async () => {
    const { token } = await service.issue({ scopes: MANAGER, orgId: 'acme' });
    const created = await service.as(token).post('/v1/api-keys', {
      name: 'ingest worker',
      description: 'nightly import',
      scopes: ['memory:write'],
      projectId: 'apollo',
      metadata: { team: 'search', tier: 2, beta: true },
      expiresAt: '2099-01-31T12:00:00+02:00',
      allowedIps: ['127.0.0.0/8'],
    });

    expect(created.status).toBe(201);
    expect(created.headers.get('cache-control')).toBe('no-store');
    expect(created.headers.get('location')).toBe(`/v1/api-keys/${String(created.body['id'])}`);
    expect(created.headers.get('etag')).toBe('"1"');
    expect(created.body).toMatchObject({
      name: 'ingest worker',
      description: 'nightly import',
      scopes: ['memory:write'],
      orgId: 'acme',
      projectId: 'apollo',
      ownerId: null,
      metadata: { team: 'search', tier: 2, beta: true },
      expiresAt: '2099-01-31T10:00:00.000Z',
      allowedIps: ['127.0.0.0/8'],
      enabled: true,
      status: 'active',
      version: 1,
    });
    expect(created.body['token']).toMatch(/^kw_[0-9a-z]{26}_[0-9A-Za-z]{49}$/);

    const read = await service.as(token).get(String(created.headers.get('location')));
    const { token: _token, ...shown } = created.body;
    expect(read.status).toBe(200);
    expect(read.body).toEqual({ ...shown, lastUsedAt: null });
    expect(read.text).not.toContain('hash');
  });

  it('returns a key its own record, even if the key has no scopes', async () => {
    const { key, token } = await service.issue({ scopes: [], orgId: 'globex' });
    const self = await service.as(token).get('/v1/api-keys/self');
    expect(self.status).toBe(200);
    expect(self.body).toMatchObject({ id: key.id, scopes: [], orgId: 'globex' });
  });

  it('revokes a key that requests its own revocation, even if the key has no scopes [T88]', async () => {
    const { token } = await service.issue({ scopes: [], orgId: 'acme' });
    expect((await service.as(token).delete('/v1/api-keys/self?reason=leaked')).status).toBe(204);
    const after = await service.as(token).get('/v1/api-keys/self');
    expect(after.status).toBe(401);
    expect(after.body['code']).toBe('key_revoked');
  });

  it('replaces a token in the reason of a revocation', async () => {
    const { key, token } = await service.issue({ scopes: [], orgId: 'acme' });
    const reason = encodeURIComponent(`leaked: ${token}`);
    expect((await service.as(token).delete(`/v1/api-keys/self?reason=${reason}`)).status).toBe(204);
    const { text } = await service.as(service.root.token).get(`/v1/api-keys/${key.id}/history`);
    expect(text).toContain(`leaked: [token of ${key.id}]`);
    expect(text).not.toContain(token);
  });

  it('changes a key if If-Match names the current version, and answers 412 if it does not', async () => {
    const { token } = await service.issue({ scopes: MANAGER, orgId: 'acme' });
    const made = await service.as(token).post('/v1/api-keys', { name: 'one', scopes: ['memory:read'] });
    const path = `/v1/api-keys/${String(made.body['id'])}`;

    const first = await service.as(token).patch(path, { name: 'two' }, { 'If-Match': '"1"' });
    expect([first.status, first.body['name'], first.headers.get('etag')]).toEqual([200, 'two', '"2"']);

    const late = await service.as(token).patch(path, { name: 'three' }, { 'If-Match': '"1"' });
    expect([late.status, late.body['code']]).toEqual([412, 'version_mismatch']);
    expect((await service.as(token).patch(path, { name: 'x' }, { 'If-Match': 'W/"2"' })).status).toBe(412);
    expect((await service.as(token).patch(path, { name: 'x' }, { 'If-Match': 'two' })).status).toBe(400);
    expect((await service.as(token).patch(path, { name: 'four' }, { 'If-Match': '"9", "2"' })).status).toBe(
      200,
    );
    expect((await service.as(token).patch(path, { name: 'five' }, { 'If-Match': '*' })).status).toBe(200);
    expect((await service.as(token).patch(path, { name: 'five' })).body['version']).toBe(4);
  });

  it.each<
    readonly [string, (path: string, own: HttpClient, others: HttpClient, tag: object) => Promise<HttpAnswer>]
  >([
    ['revokes a key', (path, _own, others, tag) => others.delete(path, { ...tag })],
    ['rotates a key', (path, _own, others, tag) => others.post(`${path}/rotate`, {}, { ...tag })],
    [
      'rotates the calling key',
      (_path, own, _others, tag) => own.post('/v1/api-keys/self/rotate', {}, { ...tag }),
    ],
  ])('%s only if If-Match names the current version', async (_what, act) => {
    const { token } = await service.issue({ scopes: [...MANAGER, 'api-keys:rotate-self'], orgId: 'acme' });
    const others = service.as(token);
    const { body } = await others.post('/v1/api-keys', { name: 'one', scopes: ['api-keys:rotate-self'] });
    const path = `/v1/api-keys/${String(body['id'])}`;
    const own = service.as(String(body['token']));
    const late = await act(path, own, others, { 'If-Match': '"9"' });
    expect([late.status, late.body['code']]).toEqual([412, 'version_mismatch']);
    expect((await act(path, own, others, { 'If-Match': 'two' })).status).toBe(400);
    expect((await others.get(path)).body).toMatchObject({ version: 1, status: 'active' });
    expect((await act(path, own, others, { 'If-Match': '"1"' })).status).toBeLessThan(300);
    expect((await others.get(path)).body['version']).toBe(2);
  });

  it('answers 400 to If-Match when a key revokes itself, and does not count the request', async () => {
    const { token } = await service.issue({
      scopes: [],
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 3600 }],
    });
    for (const tag of ['"9"', '"1"', '*', 'two']) {
      const answer = await service.as(token).delete('/v1/api-keys/self', { 'If-Match': tag });
      expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_request']);
    }
    expect((await service.as(token).get('/v1/api-keys/self')).body['status']).toBe('active');
  });

  it('removes scopes at once, and grants only scopes that the caller holds', async () => {
    const { token } = await service.issue({ scopes: MANAGER, orgId: 'acme' });
    const made = await service.as(token).post('/v1/api-keys', { name: 'one', scopes: ['api-keys:read'] });
    const path = `/v1/api-keys/${String(made.body['id'])}`;
    const child = service.as(String(made.body['token']));

    expect((await child.get('/v1/api-keys')).status).toBe(200);
    expect((await service.as(token).patch(path, { scopes: [] })).status).toBe(200);
    const refused = await child.get('/v1/api-keys');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(refused.headers.get('www-authenticate')).toContain('scope="api-keys:read"');

    const widened = await service.as(token).patch(path, { scopes: ['billing:read'] });
    expect([widened.status, widened.body['code'], widened.body['exceeded']]).toEqual([
      403,
      'delegation_exceeded',
      ['scopes'],
    ]);
    expect((await service.as(token).patch(path, { scopes: ['api-keys:read'] })).status).toBe(200);
    expect((await child.get('/v1/api-keys')).status).toBe(200);
  });

  it('revokes a key once, and records the actor and the reason', async () => {
    const { key, token } = await service.issue({ scopes: MANAGER, orgId: 'acme' });
    const made = await service.as(token).post('/v1/api-keys', { name: 'one', scopes: ['memory:read'] });
    const path = `/v1/api-keys/${String(made.body['id'])}`;

    expect((await service.as(token).delete(`${path}?reason=no%20longer%20used`)).status).toBe(204);
    expect((await service.as(token).delete(`${path}?reason=again`)).status).toBe(204);
    const shown = await service.as(token).get(path);
    expect(shown.body).toMatchObject({
      status: 'revoked',
      revokedBy: `key:${key.id}`,
      revokedReason: 'no longer used',
      version: 2,
    });
    expect((await service.as(String(made.body['token'])).get('/v1/api-keys/self')).body['code']).toBe(
      'key_revoked',
    );
    const revived = await service.as(token).patch(path, { enabled: true });
    expect([revived.status, revived.body['code']]).toEqual([409, 'revoked_key_unchangeable']);

    const { body } = await service.as(token).get(`${path}/history`);
    expect(body['dropped']).toBe(0);
    expect(body['data']).toMatchObject([
      { action: 'created', by: `key:${key.id}`, version: 1 },
      { action: 'revoked', by: `key:${key.id}`, version: 2, reason: 'no longer used' },
    ]);
  });

  it('lists each key once across pages, and filters by status and tenant', async () => {
    const { token } = await service.issue({ scopes: MANAGER, orgId: 'initech' });
    const client = service.as(token);
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      const projectId = index % 2 === 0 ? 'apollo' : 'gemini';
      const { body } = await client.post('/v1/api-keys', { name: `n${index}`, scopes: [], projectId });
      ids.unshift(String(body['id']));
    }
    await client.delete(`/v1/api-keys/${String(ids[0])}`);

    const walk = async (query: string, cursor?: string): Promise<readonly string[]> => {
      const after = cursor === undefined ? '' : `&cursor=${cursor}`;
      const { status, body } = await client.get(`/v1/api-keys?limit=2${query}${after}`);
      expect(status).toBe(200);
      const shown = (body['data'] as { id: string }[]).map(({ id }) => id).filter((id) => ids.includes(id));
      const { nextCursor } = body;
      return typeof nextCursor === 'string' ? [...shown, ...(await walk(query, nextCursor))] : shown;
    };
    expect(await walk('')).toEqual(ids);
    expect(await walk('&status=revoked')).toEqual([ids[0]]);
    expect(await walk('&orgId=initech&projectId=gemini')).toEqual([ids[1], ids[3], ids[5]]);
    expect(await walk('&orgId=acme')).toEqual([]);
  });
});
