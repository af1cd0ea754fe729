import { issueToken } from '../../src/api-keys/domain/token/key-token';
import type { HttpAnswer, HttpClient } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const PATH = '/v1/api-keys/verify';

describe.each(['memory', 'mongo'] as const)(
  'the verify endpoint with keys kept in the %s store',
  (storage) => {
    let service: TestService;
    let asker: HttpClient;

    beforeAll(async () => {
      service = await startService(storage, { TRUST_PROXY: '127.0.0.1' });
      asker = service.as((await service.issue({ scopes: ['api-keys:verify'] })).token);
    });
    afterAll(async () => service.stop());

    const verify = async (body: object): Promise<HttpAnswer> => asker.post(PATH, body);
    const known = async (token: string): Promise<HttpAnswer> => verify({ token, authenticated: true });

    it('returns exactly the public fields of a valid key', async () => {
      const { key, token } = await service.issue({
        name: 'ingest',
        scopes: ['memory:read'],
        orgId: 'acme',
        projectId: 'apollo',
        metadata: { team: 'search' },
        externalId: 'cust-7',
        expiresAt: new Date('2099-01-31T12:00:00Z'),
        allowedIps: ['203.0.113.7'],
      });
      const asked = { token, scopes: ['memory:read'], orgId: 'acme', projectId: 'apollo', ip: '203.0.113.7' };
      const answer = await verify(asked);
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(answer.body).toEqual({
        valid: true,
        code: 'VALID',
        key: {
          id: key.id,
          name: 'ingest',
          ownerId: null,
          scopes: ['memory:read'],
          orgId: 'acme',
          projectId: 'apollo',
          externalId: 'cust-7',
          metadata: { team: 'search' },
          expiresAt: '2099-01-31T12:00:00.000Z',
        },
      });
    });

    it('returns the reason and the key for a genuine token that is rejected', async () => {
      const { key, token } = await service.issue({ scopes: ['memory:read'] });
      const answer = await verify({ token, scopes: ['memory:read', 'memory:write'] });
      expect(answer.body).toMatchObject({ valid: false, code: 'INSUFFICIENT_SCOPE', key: { id: key.id } });
      await service.as(service.root.token).delete(`/v1/api-keys/${key.id}`);
      expect((await known(token)).body).toMatchObject({ code: 'REVOKED', key: { id: key.id } });
    });

    it('returns only NOT_FOUND for a wrong secret, and only MALFORMED for other text', async () => {
      const { key } = await service.issue({ scopes: ['memory:read'], orgId: 'acme' });
      const { token } = issueToken('kw', key.id);
      const guessed = await known(token);
      expect(guessed.text).toBe('{"valid":false,"code":"NOT_FOUND"}');
      expect((await known('nonsense')).text).toBe('{"valid":false,"code":"MALFORMED"}');
      expect((await known('')).text).toBe('{"valid":false,"code":"MALFORMED"}');
      expect((await known('x'.repeat(100_000))).text).toBe('{"valid":false,"code":"MALFORMED"}');
    });

    it('returns the rate limit of the key, even when it is exhausted', async () => {
      const { key, token } = await service.issue({
        rateLimits: [{ name: 'default', limit: 2, windowSeconds: 60 }],
      });
      const answers = [await known(token), await known(token), await known(token)];
      expect(answers.map(({ status, body }) => [status, body['valid'], body['code']])).toEqual([
        [200, true, 'VALID'],
        [200, true, 'VALID'],
        [200, false, 'RATE_LIMITED'],
      ]);
      const states = answers.map(({ body }) => (body['rateLimits'] as Record<string, number>[])[0] ?? {});
      expect(states.map(({ limit, windowSeconds, remaining }) => [limit, windowSeconds, remaining])).toEqual([
        [2, 60, 1],
        [2, 60, 0],
        [2, 60, 0],
      ]);
      for (const { resetSeconds } of states) {
        expect(resetSeconds).toBeGreaterThanOrEqual(1);
        expect(resetSeconds).toBeLessThanOrEqual(60);
      }
      expect(answers[2]?.body['key']).toMatchObject({ id: key.id });
    });

    it('does not count rejected requests against the rate limit', async () => {
      const { token } = await service.issue({
        scopes: ['a'],
        rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }],
      });
      for (const scope of ['b', 'c', 'd']) {
        const { body } = await verify({ token, scopes: [scope] });
        expect([body['code'], body['rateLimits']]).toEqual(['INSUFFICIENT_SCOPE', undefined]);
      }
      expect((await verify({ token, scopes: ['a'] })).body['code']).toBe('VALID');
    });

    it('does not use the address of the verifier as the client address', async () => {
      const { token } = await service.issue({ allowedIps: ['127.0.0.1', '203.0.113.7'] });
      const forwarded = { 'X-Forwarded-For': '203.0.113.7' };
      const silent = await asker.post(PATH, { token, authenticated: true }, forwarded);
      expect(silent.body['code']).toBe('IP_NOT_ALLOWED');
      const other = await asker.post(PATH, { token, authenticated: true, ip: '198.51.100.1' }, forwarded);
      expect(other.body['code']).toBe('IP_NOT_ALLOWED');
      const named = await asker.post(PATH, { token, authenticated: true, ip: '203.0.113.7' });
      expect(named.body['code']).toBe('VALID');
    });

    it('rejects a caller without api-keys:verify with 403', async () => {
      const { token } = await service.issue({ scopes: ['memory:read'] });
      const missing = await service.as().post(PATH, { token, authenticated: true });
      expect([missing.status, missing.body['code']]).toEqual([401, 'missing_credential']);
      const lacking = await service.as(token).post(PATH, { token, authenticated: true });
      expect([lacking.status, lacking.body['code']]).toEqual([403, 'insufficient_scope']);
      expect(lacking.headers.get('www-authenticate')).toContain('scope="api-keys:verify"');
    });

    it('answers 429 past the rate limit of the caller’s own key', async () => {
      const limited = await service.issue({
        scopes: ['api-keys:verify'],
        rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }],
      });
      const { token } = await service.issue({});
      const first = await service.as(limited.token).post(PATH, { token, authenticated: true });
      expect([first.status, first.body['code']]).toEqual([200, 'VALID']);
      const second = await service.as(limited.token).post(PATH, { token, authenticated: true });
      expect([second.status, second.body['code']]).toEqual([429, 'rate_limited']);
    });
  },
);
