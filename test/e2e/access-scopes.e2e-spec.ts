import type { IssuedApiKey } from 'keyward';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';

const ACME = '/orgs/acme/projects/apollo/memories';
const GLOBEX = '/orgs/globex/projects/apollo/memories';

describe.each(ADAPTERS)('the guard on %s', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter);
  });

  afterAll(async () => host.close());

  const holding = async (...scopes: readonly string[]): Promise<IssuedApiKey> => host.issue({ scopes });

  it('allows reads and rejects writes with 403 if a key holds only memory:read', async () => {
    for (const [orgId, path] of [
      ['acme', ACME],
      ['globex', GLOBEX],
    ] as const) {
      const reader = host.as((await host.issue({ scopes: ['memory:read'], orgId })).token);
      const read = await reader.get(path);
      const write = await reader.post(path);

      expect(read.status).toBe(200);
      expect([write.status, write.body['code']]).toEqual([403, 'insufficient_scope']);
      expect(write.headers.get('www-authenticate')).toBe(
        'Bearer realm="keyward", error="insufficient_scope", ' +
          'error_description="The API key lacks a required scope", scope="memory:write"',
      );
    }
  });

  it.each([[['memory:*']], [['*']], [['memory:read', 'memory:write']]])(
    'allows reads and writes with the scopes %j',
    async (scopes) => {
      const client = host.as((await holding(...scopes)).token);

      expect([(await client.get(ACME)).status, (await client.post(ACME)).status]).toEqual([200, 201]);
    },
  );

  it('rejects a key without the required scope with 403, even if it holds a similar one [T7]', async () => {
    for (const scopes of [[], ['memory'], ['memory:read:all'], ['memory:reader'], ['memories:*']]) {
      const answer = await host.as((await holding(...scopes)).token).get(ACME);

      expect([answer.status, answer.body['code']]).toEqual([403, 'insufficient_scope']);
    }
  });

  it('reports a missing scope before a tenant mismatch', async () => {
    const { token } = await host.issue({ scopes: [], orgId: 'acme' });
    const answer = await host.as(token).get(GLOBEX);

    expect(answer.body['code']).toBe('insufficient_scope');
  });

  it('requires all scopes of the class and of the method', async () => {
    const all = ['report:use', 'report:write', 'memory:read'];
    const complete = await host.as((await holding(...all)).token).post('/reports');

    expect(complete.status).toBe(201);
    for (const missing of all) {
      const scopes = all.filter((scope) => scope !== missing);
      const answer = await host.as((await holding(...scopes)).token).post('/reports');

      expect(answer.status).toBe(403);
      expect(answer.headers.get('www-authenticate')).toContain('scope="report:use report:write memory:read"');
    }
  });

  it('requires the scope of the class and any one of the scopes that the method lists', async () => {
    const statusWith = async (...scopes: readonly string[]): Promise<number> =>
      (await host.as((await holding(...scopes)).token).get('/reports')).status;

    expect(await statusWith('report:use', 'report:read')).toBe(200);
    expect(await statusWith('report:use', 'report:admin')).toBe(200);
    expect(await statusWith('report:use', 'report:write')).toBe(403);
    expect(await statusWith('report:read', 'report:admin')).toBe(403);
    const answer = await host.as((await holding('report:use')).token).get('/reports');
    expect(answer.headers.get('www-authenticate')).toContain('scope="report:use report:read report:admin"');
  });

  it('requires only a valid key on an authenticated route without scopes', async () => {
    const { key, token } = await host.issue({
      name: 'a job of acme',
      orgId: 'acme',
      metadata: { team: 'search' },
    });
    const known = await host.as(token).get('/orgs/acme/whoami');
    const stranger = await host.as().get('/orgs/acme/whoami');

    expect([known.status, known.body['id']]).toEqual([200, key.id]);
    expect([stranger.status, stranger.body['code']]).toEqual([401, 'missing_credential']);
  });

  it('passes the key to the handler without its hashes', async () => {
    const { key, token } = await holding('memory:read');
    const { body, text } = await host.as(token).get('/whoami');

    expect(body).toMatchObject({ id: key.id, scopes: ['memory:read'], version: 1 });
    expect(body).not.toHaveProperty('secrets');
    expect(text).not.toContain(key.secrets[0]?.hash);
    expect(text).not.toContain(token);
  });

  it('allows requests to a public route with a valid, an invalid and no credential', async () => {
    const { token } = await holding();
    for (const presented of [undefined, token, 'rubbish']) {
      const answer = await host.as(presented).get('/status');

      expect([answer.status, answer.body]).toEqual([200, { up: true }]);
    }
  });

  it('passes no key to a public route, so that @CurrentApiKey() there causes 500', async () => {
    const { token } = await holding();
    const answer = await host.as(token).get('/confused');

    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('CurrentApiKey');
  });

  it('allows a key with an allowlist only from the listed addresses', async () => {
    const elsewhere = await host.issue({
      scopes: ['memory:read'],
      orgId: 'acme',
      allowedIps: ['203.0.113.0/24'],
    });
    const here = await host.issue({ scopes: ['memory:read'], orgId: 'acme', allowedIps: ['127.0.0.0/8'] });
    const refused = await host.as(elsewhere.token).get(ACME);
    const spoofed = await host.as(elsewhere.token).get(ACME, {
      'X-Forwarded-For': '203.0.113.7',
      Forwarded: 'for=203.0.113.7',
      'X-Real-IP': '203.0.113.7',
    });

    expect([refused.status, refused.body['code']]).toEqual([403, 'ip_not_allowed']);
    expect([spoofed.status, spoofed.body['code']]).toEqual([403, 'ip_not_allowed']);
    expect((await host.as(here.token).get(ACME)).status).toBe(200);
  });

  it('decides HEAD requests in the same way as GET requests', async () => {
    const { token } = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const headWith = async (path: string, headers: Record<string, string>): Promise<number> =>
      (await fetch(host.url + path, { method: 'HEAD', headers })).status;

    expect(await headWith(ACME, {})).toBe(401);
    expect(await headWith(GLOBEX, { 'X-API-Key': token })).toBe(403);
    expect(await headWith(ACME, { 'X-API-Key': token })).toBe(200);
  });
});
