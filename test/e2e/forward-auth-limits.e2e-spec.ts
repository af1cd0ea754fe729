import type { HttpAnswer } from '../support/http-client';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { relayed } from '../support/relayed';
import { startService, type TestService } from '../support/service';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { timed } from '../support/lateness';

const ANY = '/v1/forward-auth?authenticated=1';

describe.each([
  ['by default', {}, 429],
  ['with FORWARD_AUTH_LIMITED_STATUS=429', { FORWARD_AUTH_LIMITED_STATUS: '429' }, 429],
  [
    'with FORWARD_AUTH_LIMITED_STATUS=403, for proxies such as nginx',
    { FORWARD_AUTH_LIMITED_STATUS: '403' },
    403,
  ],
] as const)('forward-auth %s', (_name, environment, status) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory', { FAILED_CREDENTIALS_PER_MINUTE: '3', ...environment });
  });
  afterAll(async () => service.stop());

  it(`answers ${status} with Retry-After for a key past its rate limit`, async () => {
    const { token } = await service.issue({ rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }] });
    const first = await service.as(token).get(ANY);
    expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([200, '"key:default";q=1;w=60']);
    expect(first.headers.get('ratelimit')).toMatch(/^"key:default";r=0;t=\d{1,2}$/);
    expect(first.headers.get('retry-after')).toBeNull();
    const second = await service.as(token).get(ANY);
    expect([second.status, second.body['status'], second.body['code']]).toEqual([
      status,
      status,
      'rate_limited',
    ]);
    expect(second.headers.get('ratelimit')).toMatch(/^"key:default";r=0;t=\d{1,2}$/);
    expect(second.headers.get('ratelimit-policy')).toBe('"key:default";q=1;w=60');
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(second.headers.get('x-auth-key-id')).toBeNull();
  });

  it(`answers ${status} for an address with too many failures, and still accepts valid keys`, async () => {
    const answers: HttpAnswer[] = [];
    for (let time = 0; time < 4; time += 1) answers.push(await service.as('nonsense').get(ANY));
    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401, status]);
    expect(answers[3]?.body['code']).toBe('too_many_failures');
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await service.as(service.root.token).get(ANY)).status).toBe(200);
  });

  it('sends no rate limit headers for a key without a limit', async () => {
    const answer = await service.as(service.root.token).get(ANY);
    expect(answer.status).toBe(200);
    for (const name of ['ratelimit', 'ratelimit-policy', 'retry-after']) {
      expect(answer.headers.get(name)).toBeNull();
    }
  });
});

describe('forward-auth during a store outage', () => {
  let mongo: MongoServer;
  let proxy: TcpProxy;
  let service: TestService;

  beforeAll(async () => {
    mongo = await startMongoServer({ own: true });
    const { relay, through } = await relayed(withDatabase(mongo.uri, 'keyward_forward_auth'), startTcpProxy);
    proxy = relay;
    service = await startService('mongo', { MONGODB_URI: through });
  });
  afterAll(async () => {
    await service.stop();
    await proxy.close();
    await mongo.stop();
  });

  it('answers 503 within 2 s, whatever the request requires', async () => {
    const { token } = await service.issue({ scopes: ['memory:read'] });
    proxy.hang();
    const { result: answers, ms } = await timed(async () =>
      Promise.all(
        [ANY, '/v1/forward-auth?scope=memory:read', `${ANY}&org=acme`].map(async (path) =>
          service.as(token).get(path),
        ),
      ),
    );
    expect(ms).toBeLessThan(2000);
    for (const answer of answers) {
      expect([answer.status, answer.body['code']]).toEqual([503, 'storage_unavailable']);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.headers.get('x-auth-key-id')).toBeNull();
    }
    expect((await service.as('nonsense').get(ANY)).status).toBe(401);
    expect((await service.as(token).get('/v1/forward-auth')).status).toBe(403);
    await proxy.restore();
  });
});
