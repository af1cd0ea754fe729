import { randomBytes } from 'node:crypto';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import { HttpClient } from '../support/http-client';
import { runBuiltService, runNode } from '../support/node-process';
import { testDatabaseUri } from '../support/test-database';
import { getRaw } from '../support/raw-request';
import { postForm } from '../support/form';

const FOREIGN = `legacy-${randomBytes(24).toString('hex')}`;
const JWT = `eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.${Buffer.from('{"iss":"https://id.example.com","sub":"u"}').toString('base64url')}.${randomBytes(64).toString('base64url')}`;

interface Line {
  readonly level: string;
  readonly context: string;
  readonly requestId?: string;
  readonly route?: string;
  readonly [member: string]: unknown;
}

/** Returns the output of a service that two tenants used, with valid and invalid requests. */
async function used(
  format: 'json' | 'text',
): Promise<{ output: string; secrets: string[]; keyIds: string[] }> {
  const service = await runBuiltService({
    NODE_ENV: 'development',
    STORAGE: 'memory',
    LOG_FORMAT: format,
    LOG_LEVEL: 'verbose',
    IMPORT_TOKEN_PREFIXES: 'legacy-',
    OIDC_ISSUER: 'https://id.example.com',
    OIDC_AUDIENCE: 'keyward',
  });
  const [announced = '', rootToken = ''] = await service.waitFor(/root key: (\S+)/);
  const root = new HttpClient(service.url, rootToken, null);
  const nobody = new HttpClient(service.url, undefined, null);
  const secrets = [rootToken.slice(-49), FOREIGN.slice(7), JWT];
  const keyIds: string[] = [];
  for (const orgId of ['acme', 'globex']) {
    const made = await root.post('/v1/api-keys', { name: orgId, scopes: ['api-keys:read'], orgId });
    const [token, id] = [String(made.body['token']), String(made.body['id'])];
    secrets.push(token.slice(-49));
    keyIds.push(id);
    const holder = new HttpClient(service.url, token, null);
    await holder.get('/v1/api-keys/self', { 'X-Request-Id': `${orgId}-self` });
    await holder.get('/v1/api-keys/self', { 'X-Request-Id': token });
    await holder.get('/v1/api-keys/self', { 'X-Forwarded-For': token, 'User-Agent': token });
    await holder.get(`/v1/api-keys/${token}`);
    await holder.get(`/${token}/x?token=${token}`);
    await holder.get(`/%zz${token}`);
    await holder.send(token.slice(0, 8), '/v1/api-keys').catch(() => undefined);
    await holder.post('/v1/api-keys', `{"name":"${token}`, { 'X-Request-Id': `${orgId}-broken` });
    await holder.post('/v1/api-keys', { name: token, scopes: [token] });
    await nobody.get(`/v1/api-keys/self?key=${token}`, { Authorization: `Bearer ${token}x` });
    await nobody.get('/v1/api-keys/self', { Authorization: `Basic ${btoa(`${id}:${token}`)}` });
    await getRaw(service.url, '/v1/api-keys/self', [
      ['X-API-Key', token],
      ['X-API-Key', token],
      ['X-Request-Id', 'one'],
      ['X-Request-Id', token],
    ]);
    await root.post(
      '/v1/api-keys/verify',
      { token, scopes: ['api-keys:read'], orgId },
      { 'X-Request-Id': `${orgId}-verify` },
    );
    await postForm(root, '/oauth2/introspect', { token, org_id: orgId });
    await holder.get(`/v1/forward-auth?scope=api-keys:read&org=${orgId}`, {
      'X-Request-Id': `${orgId}-proxied`,
      'X-Forwarded-Uri': `/x?token=${token}`,
    });
    await holder.get('/v1/forward-auth?scope=memory:read&org=acme', { 'X-Request-Id': `${orgId}-refused` });
    await new HttpClient(service.url, JWT, null).get('/v1/users/me', { 'X-Request-Id': JWT });
    await new HttpClient(service.url, FOREIGN, null).get(`/v1/api-keys/${FOREIGN}`, {
      'X-Request-Id': FOREIGN,
    });
    await root.delete(`/v1/api-keys/${id}?reason=${token}`);
    await holder.get('/v1/api-keys/self', { 'X-Request-Id': `${orgId}-revoked` });
  }
  await service.stop();
  const output = (service.stdout() + service.stderr()).replace(announced, '');
  return { output, secrets, keyIds };
}

describe('the log of a service that two tenants use', () => {
  it('contains one JSON line for each request with its decision, and no token [T3]', async () => {
    const { output, secrets, keyIds } = await used('json');
    const [acme, globex] = keyIds;
    for (const secret of secrets) expect(output).not.toContain(secret);

    const lines = output
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('keyward: '))
      .map((line) => JSON.parse(line) as Line);
    const requests = lines.filter(({ context }) => context === 'HTTP');
    const about = (id: string): Line | undefined => requests.find(({ requestId }) => requestId === id);
    expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(requests.length);
    // Node rejects the unknown method before there is a request.
    expect(requests).toHaveLength(2 * 20);

    expect(about('acme-self')).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'log',
      context: 'HTTP',
      requestId: 'acme-self',
      method: 'GET',
      route: '/v1/api-keys/self',
      status: 200,
      ms: expect.any(Number),
      client: '127.0.0.1',
      keyId: acme,
      decision: 'VALID',
    });
    // A caller that cannot create keys gets 403 before its body is read.
    expect(about('globex-broken')).toMatchObject({ route: '/v1/api-keys', status: 403 });
    expect(about('globex-verify')).toMatchObject({
      status: 200,
      decision: 'VALID',
      aboutKeyId: globex,
      aboutDecision: 'VALID',
    });
    expect(about('globex-proxied')).toMatchObject({ status: 200, keyId: globex, decision: 'VALID' });
    expect(about('globex-refused')).toMatchObject({
      status: 403,
      keyId: globex,
      decision: 'INSUFFICIENT_SCOPE',
    });
    expect(about('acme-revoked')).toMatchObject({ status: 401, keyId: acme, decision: 'REVOKED' });
    const routes = new Set(requests.map(({ route }) => route));
    expect(routes).toContain('/v1/api-keys/:id');
    expect(routes).toContain('unknown');
  });

  it('contains the same fields in text format, and no token', async () => {
    const { output, secrets, keyIds } = await used('text');
    for (const secret of secrets) expect(output).not.toContain(secret);
    // eslint-disable-next-line no-control-regex
    const plain = output.replaceAll(/\u001B\[[\d;]+m/g, '');
    expect(plain).toMatch(
      new RegExp(
        String.raw`LOG \[HTTP\] GET /v1/api-keys/self 200 [\d.]+ ms requestId=acme-self client=127\.0\.0\.1 keyId=${String(keyIds[0])} decision=VALID`,
      ),
    );
  });
});

describe('an uncaught error', () => {
  it.each(['throw new Error(secret)', 'Promise.reject(new Error(secret))'])(
    'ends the service with exit code 1 and a log line without the token: %s',
    async (fault) => {
      const token = issueToken('kw', newKeyId(new Date())).token;
      const later = `process.stdin.once('data', () => { const secret = ${JSON.stringify(token)}; ${fault}; })`;
      const service = runNode(['-e', `require('./dist/main.js'); ${later}`], {
        NODE_ENV: 'production',
        MONGODB_URI: testDatabaseUri(),
        PORT: '0',
      });
      await service.waitFor(/listening on/);
      service.child.stdin?.write('now');
      expect(await service.exited()).toBe(1);
      expect(service.stdout()).toMatch(/"level":"fatal","context":"Process","message":"Error: \[token of /);
      expect(service.stdout() + service.stderr()).not.toContain(token.slice(-49));
    },
  );
});

describe('a client that sends X-Request-Id', () => {
  it('gets the id back in the header and in problems, or a new id if its own is invalid', async () => {
    const service = await runBuiltService({ NODE_ENV: 'development', LOG_LEVEL: 'fatal' });
    const nobody = new HttpClient(service.url, undefined, null);
    const kept = await nobody.get('/v1/api-keys', { 'X-Request-Id': 'job-7.a' });
    expect(kept.headers.get('x-request-id')).toBe('job-7.a');
    expect(kept.body['instance']).toBe('urn:keyward:request:job-7.a');
    for (const path of ['/v1/api-keys', '/nowhere', '/%zz', '/health/live']) {
      const answer = await nobody.get(path, { 'X-Request-Id': 'a b' });
      const id = answer.headers.get('x-request-id');
      expect([path, id]).toEqual([path, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
      if (answer.status >= 400) expect(answer.body['instance']).toBe(`urn:keyward:request:${String(id)}`);
    }
    await service.stop();
  });
});
