import { request } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { HttpAnswer } from '../support/http-client';
import { projectFile } from '../support/deployment/deployment-files';
import { getRaw } from '../support/raw-request';
import { startService, type TestService } from '../support/service';

const PATH = '/v1/forward-auth';
const ANY = `${PATH}?authenticated=1`;
const OWNER = '01jd8x4k2m6n8p0q2r4s6t8v0w';

/** Returns the identity headers for the upstream. */
function identityIn({ headers }: HttpAnswer): Record<string, string | null> {
  const names = ['key-id', 'scopes', 'org-id', 'project-id', 'owner-id', 'external-id'];
  return Object.fromEntries(names.map((name) => [name, headers.get(`x-auth-${name}`)]));
}

describe.each(['memory', 'mongo'] as const)('forward-auth with %s storage', (storage) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(storage);
    await service.owner(OWNER);
  });
  afterAll(async () => service.stop());

  it('returns the identity of the key in headers', async () => {
    const { key, token } = await service.issue({
      scopes: ['memory:read', 'memory:write'],
      orgId: 'acme',
      projectId: 'apollo',
      ownerId: OWNER,
      externalId: 'cust-7',
    });
    const answer = await service.as(token).get(`${PATH}?scope=memory:read&org=acme&project=apollo`);
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(identityIn(answer)).toEqual({
      'key-id': key.id,
      scopes: 'memory:read memory:write',
      'org-id': 'acme',
      'project-id': 'apollo',
      'owner-id': OWNER,
      'external-id': 'cust-7',
    });
  });

  it('returns every identity header, empty if unset, and never copies one from the request', async () => {
    const { key, token } = await service.issue({ scopes: [] });
    const answer = await service.as(token).get(`${ANY}&org=acme`, {
      'X-Auth-Key-Id': 'forged',
      'X-Auth-Scopes': '*',
      'X-Auth-Org-Id': 'globex',
      'X-Auth-Project-Id': 'forged',
      'X-Auth-Owner-Id': 'forged',
      'X-Auth-External-Id': 'forged',
      'X-Auth-Admin': 'forged',
    });
    expect(answer.status).toBe(200);
    expect(identityIn(answer)).toEqual({
      'key-id': key.id,
      scopes: '',
      'org-id': '',
      'project-id': '',
      'owner-id': '',
      'external-id': '',
    });
    expect([...answer.headers.values()].join()).not.toContain('forged');
    expect(answer.headers.get('x-auth-admin')).toBeNull();
  });

  it.each([
    ['nginx.conf', 1],
    ['Caddyfile', 1],
    ['traefik.yaml', 1],
    ['envoy.yaml', 2],
  ])('has an example configuration that overwrites each identity header: %s [T58]', async (file, times) => {
    const text = (await projectFile(`docs/integrations/${file}`)).replaceAll(/#.*$/gm, '');
    const { token } = await service.issue({ scopes: [] });
    const { headers } = await service.as(token).get(ANY);
    const identity = [...headers.keys()].filter((name) => name.startsWith('x-auth-'));
    expect(identity.length).toBeGreaterThan(5);
    for (const name of identity)
      expect([name, text.toLowerCase().split(name).length - 1]).toEqual([name, times]);
  });

  it('returns no identity headers for a rejected caller', async () => {
    const { token } = await service.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const answer = await service.as(token).get(`${PATH}?scope=memory:write&org=acme`);
    expect([answer.status, answer.body['code']]).toEqual([403, 'insufficient_scope']);
    expect(answer.headers.get('www-authenticate')).toContain('scope="memory:write"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(Object.values(identityIn(answer))).toEqual([null, null, null, null, null, null]);
  });

  it('returns 401 with a challenge if the request has no key', async () => {
    const answer = await service.as().get(ANY);
    expect([answer.status, answer.body['code']]).toEqual([401, 'missing_credential']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="keyward"');
    const inQuery = await service.as().get(`${ANY}&access_token=${service.root.token}`);
    expect(inQuery.status).toBe(403);
  });

  it.each([
    ['no headers', {}],
    ['its organisation', { 'X-Org-Id': 'acme' }],
    ['every tenant header', { 'X-Org-Id': 'acme', 'X-Project-Id': 'apollo', 'X-Auth-Org-Id': 'acme' }],
  ])('never takes the tenant of a bound key from request headers: %s [T56]', async (_name, headers) => {
    const { token } = await service.issue({ orgId: 'acme' });
    const unnamed = await service.as(token).get(ANY, headers);
    expect([unnamed.status, unnamed.body['code']]).toEqual([403, 'binding_mismatch']);
    const other = await service.as(token).get(`${ANY}&org=globex`, headers);
    expect([other.status, other.body['code']]).toEqual([403, 'binding_mismatch']);
    expect((await service.as(token).get(`${ANY}&org=acme`, headers)).status).toBe(200);
    const foreign = { ...headers, 'X-Org-Id': 'globex' };
    expect((await service.as(token).get(`${ANY}&org=acme`, foreign)).status).toBe(200);
  });

  it('requires all listed scopes', async () => {
    const { token } = await service.issue({ scopes: ['memory:read', 'report:*'] });
    const statusOf = async (scope: string): Promise<number> =>
      (await service.as(token).get(`${PATH}?scope=${scope}`)).status;
    expect(await statusOf('memory:read')).toBe(200);
    expect(await statusOf('memory:read+report:read')).toBe(200);
    expect(await statusOf('memory:read%20report:read')).toBe(200);
    expect(await statusOf('memory:read+memory:write')).toBe(403);
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'MKCOL', 'COPY', 'LOCK'])(
    'decides requests with the method %s',
    async (method) => {
      const { token } = await service.issue({ scopes: ['memory:read'] });
      const path = `${PATH}?scope=memory:read`;
      expect((await service.as(token).send(method, path)).status).toBe(200);
      expect((await service.as().send(method, path)).status).toBe(401);
    },
  );

  it('answers HEAD with 200 for an allowed and 401 for a rejected request', async () => {
    const { key, token } = await service.issue({});
    const passed = await service.as(token).send('HEAD', ANY);
    expect([passed.status, passed.headers.get('x-auth-key-id')]).toEqual([200, key.id]);
    expect((await fetch(service.url + ANY, { method: 'HEAD' })).status).toBe(401);
  });

  it.each(['REPORT', 'NOTIFY', 'SUBSCRIBE'])('rejects an unsupported method with 405: %s', async (method) => {
    const answer = await service.as(service.root.token).send(method, ANY);
    expect([answer.status, answer.body['code']]).toEqual([405, 'method_not_allowed']);
    expect(answer.headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT');
  });

  it.each([
    ['empty JSON', 'application/json', ''],
    ['malformed JSON', 'application/json', '{"broken'],
    ['text', 'text/plain', 'hello'],
    [
      'a form with the parameters of the query',
      'application/x-www-form-urlencoded',
      'authenticated=1&scope=*',
    ],
    ['multipart form data', 'multipart/form-data; boundary=x', '--x--'],
    ['a megabyte', 'application/octet-stream', 'x'.repeat(1_000_000)],
    ['an unknown media type', 'no/such/type', 'x'],
  ])('ignores the body and its media type: %s', async (_name, type, body) => {
    const { token } = await service.issue({ scopes: ['memory:read'] });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const headers = { 'Content-Type': type };
      const passed = await service.as(token).send(method, `${PATH}?scope=memory:read`, body, headers);
      expect([method, passed.status]).toEqual([method, 200]);
      const refused = await service.as(token).send(method, `${PATH}?scope=memory:write`, body, headers);
      expect([method, refused.status]).toEqual([method, 403]);
    }
  });

  it('accepts Content-Length: 0 with a Content-Type, as Envoy sends it', async () => {
    const { hostname, port } = new URL(service.url);
    const sent = request({
      hostname,
      port,
      path: ANY,
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': '0',
        Authorization: `Bearer ${service.root.token}`,
      },
    }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(200);
  });

  it('rejects more than one credential with 401, even if each is valid', async () => {
    const { token } = service.root;
    const other = await service.issue({ orgId: 'globex' });
    const bearer = ['Authorization', `Bearer ${token}`] as const;
    for (const lines of [
      [bearer, bearer],
      [bearer, ['X-API-Key', other.token] as const],
      [['X-API-Key', token] as const, ['X-Api-Key', token] as const],
    ]) {
      const answer = await getRaw(service.url, ANY, lines);
      expect([answer.status, answer.body['status'], answer.body['code']]).toEqual([
        401,
        401,
        'invalid_request',
      ]);
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_request"');
    }
  });

  it('accepts a token in X-API-Key, and the same token in both headers', async () => {
    const { key, token } = await service.issue({});
    for (const beside of [[], [['Authorization', `Bearer ${token}`] as const]]) {
      const answer = await getRaw(service.url, ANY, [['X-API-Key', token], ...beside]);
      expect([answer.status, answer.headers.get('x-auth-key-id')]).toEqual([200, key.id]);
    }
  });
});
