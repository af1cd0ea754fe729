import { newKeyId } from '../../src/api-keys/domain/key-id';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import { postForm } from '../support/form';
import type { HttpAnswer } from '../support/http-client';
import { takeClock } from '../support/movable-clock';
import { getRaw } from '../support/raw-request';
import { startService, type TestService } from '../support/service';

const LIMIT = 5;
const SELF = '/v1/api-keys/self';
const clock = takeClock();

describe('the limit of failed credentials per address', () => {
  let service: TestService;
  let addresses = 0;

  beforeAll(async () => {
    service = await startService('memory', {
      FAILED_CREDENTIALS_PER_MINUTE: String(LIMIT),
      TRUST_PROXY: '127.0.0.1',
    });
  });
  afterAll(async () => service.stop());

  /** An address without failed credentials. */
  const freshAddress = (): string => `203.0.113.${(addresses += 1)}`;
  const present = async (token: string | undefined, from: string, path = SELF): Promise<HttpAnswer> =>
    service.as(token).get(path, { 'X-Forwarded-For': from });
  const fail = async (from: string): Promise<unknown> => (await present('nonsense', from)).body['code'];
  const failOften = async (from: string, times = LIMIT): Promise<void> => {
    for (let time = 0; time < times; time += 1) expect(await fail(from)).toBe('malformed_token');
  };

  const counted: readonly (readonly [string, () => Promise<string>])[] = [
    ['nonsense', async () => 'nonsense'],
    ['an empty bearer token', async () => ''],
    ['a token of an unknown key', async () => issueToken('kw', newKeyId(new Date())).token],
    ['a wrong secret', async () => issueToken('kw', (await service.issue({})).key.id).token],
    ['a JWT', async () => 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
    [
      'a revoked key',
      async () => {
        const { token } = await service.issue({});
        await service.as(token).delete(SELF);
        return token;
      },
    ],
    ['a disabled key', async () => (await service.issue({ enabled: false })).token],
    [
      'an expired key',
      async () => {
        const { token } = await service.issue({ expiresAt: clock.in(60) });
        clock.advance(61);
        return token;
      },
    ],
    [
      'a previous token',
      async () => {
        const { key, token } = await service.issue({});
        await service.as(service.root.token).post(`/v1/api-keys/${key.id}/rotate`, {});
        return token;
      },
    ],
  ];

  it.each(counted)('counts requests with %s', async (_name, make) => {
    const from = freshAddress();
    const token = await make();
    for (let time = 0; time < LIMIT; time += 1) expect((await present(token, from)).status).toBe(401);
    expect((await present(token, from)).body['code']).toBe('too_many_failures');
  });

  it('counts failures on all endpoints and with all kinds of credentials together', async () => {
    const from = freshAddress();
    const forwarded = { 'X-Forwarded-For': from };
    const keyId = newKeyId(new Date());
    const wrong = issueToken('kw', keyId).token;
    const basic = Buffer.from(`${keyId}:${wrong}`).toString('base64');
    const answers = [
      await present('nonsense', from),
      await present('nonsense', from, '/v1/forward-auth?authenticated=1'),
      await service.as().get(SELF, { ...forwarded, 'X-API-Key': 'nonsense' }),
      await service.as('nonsense').post('/v1/api-keys/verify', { token: 'x' }, forwarded),
      await postForm(
        service.as(),
        '/oauth2/introspect',
        { token: 'x' },
        { ...forwarded, Authorization: `Basic ${basic}` },
      ),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    const past = await postForm(service.as('nonsense'), '/oauth2/introspect', { token: 'x' }, forwarded);
    expect([past.status, past.body['error'], past.body['code']]).toEqual([
      429,
      'temporarily_unavailable',
      'too_many_failures',
    ]);
    expect(past.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  const uncounted: readonly (readonly [string, (from: string) => Promise<HttpAnswer>, number])[] = [
    ['requests without a key', async (from) => present(undefined, from), 401],
    [
      'forward-auth requests without a key',
      async (from) => present(undefined, from, '/v1/forward-auth?authenticated=1'),
      401,
    ],
    [
      'a credential of another scheme',
      async (from) => service.as().get(SELF, { 'X-Forwarded-For': from, Authorization: 'Basic eDp5' }),
      401,
    ],
    [
      'two keys at once',
      async (from) =>
        getRaw(service.url, SELF, [
          ['X-Forwarded-For', from],
          ['X-API-Key', 'nonsense'],
          ['X-API-Key', 'nonsense'],
        ]),
      400,
    ],
    [
      'a key without the scope',
      async (from) => present((await service.issue({})).token, from, '/v1/api-keys'),
      403,
    ],
    [
      'a key for other addresses',
      async (from) => present((await service.issue({ allowedIps: ['192.0.2.1'] })).token, from),
      403,
    ],
    [
      'a key of another tenant',
      async (from) =>
        present(
          (await service.issue({ orgId: 'acme' })).token,
          from,
          '/v1/forward-auth?authenticated=1&org=globex',
        ),
      403,
    ],
    [
      'a mistake in the configuration of a proxy',
      async (from) => present('nonsense', from, '/v1/forward-auth'),
      403,
    ],
    [
      'invalid tokens in verify requests',
      async (from) =>
        service
          .as(service.root.token)
          .post(
            '/v1/api-keys/verify',
            { token: 'nonsense', authenticated: true, ip: from },
            { 'X-Forwarded-For': from },
          ),
      200,
    ],
    [
      'invalid tokens in introspection requests',
      async (from) =>
        postForm(
          service.as(service.root.token),
          '/oauth2/introspect',
          { token: 'nonsense', ip: from },
          { 'X-Forwarded-For': from },
        ),
      200,
    ],
  ];

  it.each(uncounted)('does not count %s', async (_name, call, status) => {
    const from = freshAddress();
    for (let time = 0; time < 2 * LIMIT; time += 1) expect((await call(from)).status).toBe(status);
    await failOften(from);
    expect(await fail(from)).toBe('too_many_failures');
  });

  it('does not count a key that exceeds its rate limit', async () => {
    const from = freshAddress();
    const { token } = await service.issue({
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 3600 }],
    });
    expect((await present(token, from)).status).toBe(200);
    for (let time = 0; time < 2 * LIMIT; time += 1) {
      expect((await present(token, from)).body['code']).toBe('rate_limited');
    }
    await failOften(from);
  });
});
