import { API_KEY_REPOSITORY, type ApiKeyRepository } from 'keyward';
import { IdentityProvider } from '../support/identity-provider';
import { freePort } from '../support/free-port';
import type { HttpAnswer } from '../support/http-client';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { startService, type TestService } from '../support/service';
import { timed } from '../support/lateness';
import { eventually } from '../support/patience';

async function eventuallyAnswers(ask: () => Promise<HttpAnswer>, status: number): Promise<HttpAnswer> {
  return eventually(ask, (answer) => answer.status === status);
}

const secondsSince = (start: number): number => (performance.now() - start) / 1000;

/** What a caller without a key must not learn: addresses, software, versions and errors. */
const TELLING = /127\.0\.0\.1|localhost|mongodb|redis:|https?:|Error|\bat \/|\d+\.\d+\.\d+|v\d+/i;

describe('an operator who probes the health of a service on MongoDB', () => {
  let mongo: MongoServer;
  let service: TestService;
  const live = async (): Promise<HttpAnswer> => service.as().get('/health/live');
  const ready = async (): Promise<HttpAnswer> => service.as().get('/health/ready');

  beforeAll(async () => {
    mongo = await startMongoServer({ own: true });
    const uri = new URL(mongo.uri);
    uri.pathname = '/keyward_health';
    service = await startService('mongo', {
      MONGODB_URI: uri.toString(),
      REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
      OIDC_ISSUER: `http://127.0.0.1:${await freePort()}`,
      OIDC_AUDIENCE: 'keyward',
    });
  });
  afterAll(async () => {
    mongo.resume();
    await service.stop();
    await mongo.stop();
  });

  it('gets 200 for liveness without a key, as JSON that is not cached', async () => {
    const answer = await live();
    expect([answer.status, answer.body]).toEqual([200, { status: 'ok' }]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('gets 200 with status degraded while Redis and the identity provider are unreachable [T29]', async () => {
    const answer = await ready();
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        status: 'degraded',
        parts: {
          store: { status: 'up' },
          feed: { status: 'up' },
          redis: { status: 'degraded', detail: 'Each instance counts rate limits separately.' },
          issuer: {
            status: 'degraded',
            detail: '1 of 1 identity providers do not answer: users may be unable to sign in.',
          },
        },
      },
    ]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.text).not.toMatch(TELLING);
    for (const orgId of ['acme', 'globex']) {
      const { token } = await service.issue({
        scopes: [],
        orgId,
        rateLimits: [{ name: 'default', limit: 5, windowSeconds: 60 }],
      });
      expect((await service.as(token).get('/v1/api-keys/self')).status).toBe(200);
    }
  });

  it('gets 503 that names the store within 4 s of an outage, and 200 after the recovery', async () => {
    mongo.suspend();
    const { result: away, ms } = await timed(async () => eventuallyAnswers(ready, 503));
    expect(ms).toBeLessThan(4000);
    expect(away.headers.get('content-type')).toContain('application/problem+json');
    expect(away.body).toMatchObject({
      status: 503,
      code: 'not_ready',
      detail: 'Down: store. Requests get 503 until it is up again.',
      parts: { store: { status: 'down', detail: 'It does not answer.' } },
    });
    const { instance, type, ...told } = away.body;
    expect([instance, type]).toEqual([expect.any(String), 'urn:keyward:problem:not_ready']);
    expect(JSON.stringify(told)).not.toMatch(TELLING);
    expect((await live()).status).toBe(200);
    mongo.resume();
    await eventuallyAnswers(ready, 200);
  });

  it('causes at most about one store read per second, even with 300 concurrent probes [T31]', async () => {
    const finds = jest.spyOn(service.app.get<ApiKeyRepository>(API_KEY_REPOSITORY), 'find');
    const before = performance.now();
    const answers = await Promise.all(Array.from({ length: 300 }, ready));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(finds.mock.calls.length).toBeLessThanOrEqual(1 + Math.ceil(secondsSince(before)));
    finds.mockRestore();
  });
});

describe('a service without Redis and without sessions', () => {
  it('reports only the store and the change feed', async () => {
    const service = await startService('memory');
    expect((await service.as().get('/health/ready')).body).toEqual({
      status: 'ok',
      parts: { store: { status: 'up' }, feed: { status: 'up' } },
    });
    await service.stop();
  });
});

describe('a service with a reachable identity provider', () => {
  it('reports the issuer as up', async () => {
    const provider = await IdentityProvider.start();
    const service = await startService('memory', { OIDC_ISSUER: provider.issuer, OIDC_AUDIENCE: 'keyward' });
    expect((await service.as().get('/health/ready')).body).toEqual({
      status: 'ok',
      parts: { store: { status: 'up' }, feed: { status: 'up' }, issuer: { status: 'up' } },
    });
    await service.stop();
    await provider.stop();
  });
});
