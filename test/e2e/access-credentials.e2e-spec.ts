import { API_KEY_REPOSITORY, type ApiKeyRepository, type IssuedApiKey } from 'keyward';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { hashToken, issueToken } from '../../src/api-keys/domain/token/key-token';
import { HttpClient } from '../support/http-client';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { mistyped } from '../support/mistyped';
import { getRaw, type HeaderLine } from '../support/raw-request';
import { ADAPTERS } from '../support/two-adapters';

const ACME = '/orgs/acme/projects/apollo/memories';
const HOUR = 3_600_000;

describe.each(ADAPTERS)('the guard on %s', (adapter) => {
  let host: MemoriesHost;
  let acme: IssuedApiKey;
  let globex: IssuedApiKey;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter);
    acme = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    globex = await host.issue({ scopes: ['memory:read'], orgId: 'globex' });
  });

  afterAll(async () => host.close());

  it.each<[string, (token: string) => HeaderLine]>([
    ['Authorization: Bearer', (token) => ['Authorization', `Bearer ${token}`]],
    ['Authorization: bearer', (token) => ['authorization', `bearer ${token}`]],
    ['Authorization: BEARER followed by several spaces', (token) => ['AUTHORIZATION', `BEARER   ${token}`]],
    ['X-API-Key', (token) => ['X-API-Key', token]],
    ['x-api-key', (token) => ['x-api-key', token]],
  ])('accepts a token in %s', async (_header, line) => {
    const own = await getRaw(host.url, ACME, [line(acme.token)]);
    const other = await getRaw(host.url, ACME, [line(globex.token)]);

    expect([own.status, own.body['memories']]).toEqual([200, ['acme keeps apollo']]);
    expect(other.status).toBe(403);
  });

  it.each<[string, readonly HeaderLine[]]>([
    ['no credential', []],
    ['a credential of another scheme', [['Authorization', 'Basic a3c6MQ==']]],
    ['a token without a scheme', [['Authorization', 'kw_1']]],
    ['a token in a cookie', [['Cookie', 'api_key=kw_1']]],
  ])('answers 401 to a request with %s, and the challenge contains no error', async (_what, lines) => {
    const answer = await getRaw(host.url, ACME, lines);

    expect([answer.status, answer.body['code']]).toEqual([401, 'missing_credential']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="keyward"');
  });

  it('ignores a token in the query string', async () => {
    const { token } = acme;
    for (const name of ['access_token', 'api_key', 'apiKey', 'token', 'x-api-key', 'authorization']) {
      const answer = await host.as().get(`${ACME}?${name}=${token}`);

      expect([answer.status, answer.body['code']]).toEqual([401, 'missing_credential']);
      expect(answer.text).not.toContain(token);
    }
  });

  it('ignores a token in the body', async () => {
    const answer = await host.as().post(ACME, { access_token: acme.token, token: acme.token });

    expect([answer.status, answer.body['code']]).toEqual([401, 'missing_credential']);
  });

  it('accepts the same token in both headers, as clients generated from the OpenAPI document send it', async () => {
    for (const { token, status } of [
      { token: acme.token, status: 200 },
      { token: globex.token, status: 403 },
    ]) {
      const answer = await getRaw(host.url, ACME, [
        ['Authorization', `Bearer ${token}`],
        ['X-API-Key', token],
      ]);

      expect(answer.status).toBe(status);
    }
  });

  it('rejects a request with more than one credential with 400, even if each is valid', async () => {
    const bearer: HeaderLine = ['Authorization', `Bearer ${acme.token}`];
    const other: HeaderLine = ['Authorization', `Bearer ${globex.token}`];
    const apiKey: HeaderLine = ['X-API-Key', acme.token];
    const requests: readonly (readonly HeaderLine[])[] = [
      [other, apiKey],
      [apiKey, other],
      [bearer, apiKey, apiKey],
      [bearer, other],
      [other, bearer],
      [bearer, bearer],
      [apiKey, apiKey],
      [['Authorization', 'Basic a3c6MQ=='], bearer],
      [bearer, ['X-API-Key', '']],
    ];
    for (const lines of requests) {
      const answer = await getRaw(host.url, ACME, lines);

      expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_request']);
      expect(answer.headers.get('www-authenticate')).toBe(
        'Bearer realm="keyward", error="invalid_request", error_description="The request is malformed"',
      );
      expect(answer.text).not.toContain('keeps');
    }
  });

  it.each([
    ['an empty token', 'Bearer'],
    ['a short token', 'Bearer kw_1'],
    ['two tokens', 'Bearer a, Bearer b'],
    ['a token of 4,000 characters', `Bearer ${'x'.repeat(4000)}`],
    ['__proto__', 'Bearer __proto__'],
  ])('rejects %s in the Authorization header with 401 malformed_token', async (_name, value) => {
    const answer = await getRaw(host.url, ACME, [['Authorization', value]]);

    expect([answer.status, answer.body['code']]).toEqual([401, 'malformed_token']);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="keyward", error="invalid_token", error_description="The token is malformed"',
    );
  });

  it('rejects a token with one changed character with 401 malformed_token', async () => {
    const answer = await host.as(mistyped(acme.token)).get(ACME);

    expect([answer.status, answer.body['code']]).toEqual([401, 'malformed_token']);
  });
});

describe.each(ADAPTERS)('a key on %s', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter);
  });

  afterAll(async () => host.close());

  async function expectRefusal(token: string, code: string, title: string): Promise<void> {
    const answer = await new HttpClient(host.url, token).get(ACME);

    expect([answer.status, answer.body['code'], answer.body['title']]).toEqual([401, code, title]);
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="keyward", error="invalid_token", error_description="${title}"`,
    );
  }

  const request = { scopes: ['memory:read'], orgId: 'acme' };

  it('is rejected from the moment it expires [T15]', async () => {
    const expiresAt = new Date(host.clock.now().getTime() + HOUR);
    const { token } = await host.issue({ ...request, expiresAt });
    host.clock.advance(HOUR - 1);
    const before = await host.as(token).get(ACME);
    host.clock.advance(1);

    expect(before.status).toBe(200);
    await expectRefusal(token, 'key_expired', 'The API key is expired');
  });

  it('is rejected while it is disabled', async () => {
    const { token } = await host.issue({ ...request, enabled: false });

    await expectRefusal(token, 'key_disabled', 'The API key is disabled');
  });

  it('is rejected as soon as it is revoked, and the key of the other tenant stays valid', async () => {
    const ofAcme = await host.issue(request);
    const ofGlobex = await host.issue({ ...request, orgId: 'globex' });
    await host.revoke(ofAcme);

    await expectRefusal(ofAcme.token, 'key_revoked', 'The API key is revoked');
    expect((await host.as(ofGlobex.token).get('/orgs/globex/projects/apollo/memories')).status).toBe(200);
  });

  it('is rejected with 401 if the request sends a token that was replaced', async () => {
    const { key, token } = await host.issue(request);
    const repository = host.app.get<ApiKeyRepository>(API_KEY_REPOSITORY);
    const stored = await repository.findWithHistory(key.id);
    const now = host.clock.now();
    const next = issueToken('kw', key.id);
    if (stored === null) throw new Error('the key was not stored');
    const secrets = [
      { hash: hashToken(token), createdAt: now, retiresAt: now },
      { hash: next.hash, createdAt: now },
    ];
    await repository.replace({ ...stored, version: 2, secrets });

    await expectRefusal(token, 'key_rotated', 'This token was replaced by a newer one');
    expect((await host.as(next.token).get(ACME)).status).toBe(200);
  });

  it('reveals its state only to clients that send its secret [T6]', async () => {
    const unknown = issueToken('kw', newKeyId(new Date())).token;
    const expected = await getRaw(host.url, ACME, [['X-API-Key', unknown]]);
    const keys = [
      await host.issue(request),
      await host.issue({ ...request, enabled: false }),
      await host.issue({ ...request, orgId: 'globex' }),
      await host.issue({ ...request, scopes: [], allowedIps: ['203.0.113.7'] }),
      await host.issue({ ...request, expiresAt: new Date(host.clock.now().getTime() + 1) }),
    ];
    const revoked = await host.issue(request);
    await host.revoke(revoked);
    host.clock.advance(1);

    expect([expected.status, expected.body['code']]).toEqual([401, 'invalid_token']);
    for (const { key } of [...keys, revoked]) {
      const wrong = await getRaw(host.url, ACME, [['X-API-Key', issueToken('kw', key.id).token]]);

      expect(wrong.text).toBe(expected.text);
      expect(wrong.status).toBe(expected.status);
      expect(withoutDate(wrong.headers)).toEqual(withoutDate(expected.headers));
    }
  });
});

function withoutDate(headers: Headers): readonly (readonly [string, string])[] {
  return [...headers].filter(([name]) => name !== 'date');
}
