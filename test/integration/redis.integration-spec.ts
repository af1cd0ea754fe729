import { setTimeout as sleep } from 'node:timers/promises';
import { timed } from '../support/lateness';
import { eventuallyIs } from '../support/patience';
import { startForgetfulLink } from '../support/integration/forgetful-link';
import { type Keyward, startKeywardInMemory } from '../support/integration/keyward';
import { type RedisServer, startRedis } from '../support/integration/redis';
import {
  outcomeOf,
  startTwoInstances,
  type TwoInstances,
  useKey,
} from '../support/integration/two-instances';

const PATIENCE_WITH_REDIS_MS = 2000;

describe.each([
  ['counts locally', 'local', 'passed'],
  ['rejects requests', 'deny', '503 rate_limiter_unavailable'],
] as const)(
  'a service of two instances with Redis, which %s while Redis is unreachable,',
  (_what, onOutage, away) => {
    let redis: RedisServer;
    let service: TwoInstances;
    let both: readonly Keyward[];

    beforeAll(async () => {
      redis = await startRedis();
      service = await startTwoInstances({ REDIS_URL: redis.url, RATE_LIMIT_ON_OUTAGE: onOutage });
      both = [service.first, service.second];
    });
    afterAll(async () => {
      await service.stop();
      await redis.stop();
    });

    const limited = async (limit: number): Promise<string> =>
      (await service.first.issue({ scopes: [], rateLimits: [{ name: 'default', limit, windowSeconds: 60 }] }))
        .token;

    /** Uses a new key each time, so that the second use fails only if both instances share the count. */
    const countsTogether = async (): Promise<boolean> => {
      const token = await limited(1);
      const one = await useKey([service.first], token, 1);
      const other = await useKey([service.second], token, 1);
      return one['passed'] === 1 && other['429 rate_limited'] === 1;
    };

    it('allows exactly 100 of 400 concurrent requests to both instances [T60]', async () => {
      const token = await limited(100);
      expect(await useKey(both, token, 400)).toEqual({ passed: 100, '429 rate_limited': 300 });
      const { status, headers } = await service.second.as(token).get('/v1/api-keys/self');
      expect(status).toBe(429);
      expect(headers.get('ratelimit')).toMatch(/^"key:default";r=0;t=\d+$/);
    });

    it('ends the current window early when windowSeconds is reduced', async () => {
      const rateLimits = [{ name: 'default', limit: 1, windowSeconds: 3600 }];
      const { id, token } = await service.first.issue({ scopes: [], rateLimits });
      expect(await useKey([service.first], token, 2)).toEqual({ passed: 1, '429 rate_limited': 1 });
      const shorter = { rateLimits: [{ name: 'default', limit: 1, windowSeconds: 1 }] };
      expect((await service.first.root.patch(`/v1/api-keys/${id}`, shorter)).status).toBe(200);
      expect(await useKey([service.first], token, 1)).toEqual({ '429 rate_limited': 1 });
      await sleep(1100);
      expect(await useKey([service.first], token, 1)).toEqual({ passed: 1 });
    });

    it('loses no count when windowSeconds is reduced', async () => {
      const { id, token } = await service.first.issue({
        scopes: [],
        rateLimits: [{ name: 'default', limit: 150, windowSeconds: 3600 }],
      });
      expect(await useKey(both, token, 100)).toEqual({ passed: 100 });
      const shorter = { rateLimits: [{ name: 'default', limit: 150, windowSeconds: 120 }] };
      expect((await service.first.root.patch(`/v1/api-keys/${id}`, shorter)).status).toBe(200);
      // The revocation bound, during which the other instance may still use the longer window.
      await sleep(1500);
      expect(await useKey(both, token, 200)).toEqual({ passed: 50, '429 rate_limited': 150 });
    });

    it('counts the keys of two tenants separately', async () => {
      const rateLimits = [{ name: 'default', limit: 5, windowSeconds: 60 }];
      const [acme, globex] = await Promise.all(
        ['acme', 'globex'].map(async (orgId) => service.first.issue({ scopes: [], orgId, rateLimits })),
      );
      const uses = await Promise.all(
        [acme, globex].map(async (key) =>
          Promise.all(
            both.flatMap((keyward) =>
              [1, 2, 3, 4].map(async () => keyward.as(key?.token).get('/v1/api-keys/self')),
            ),
          ),
        ),
      );
      for (const answers of uses) expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    });

    it.each([
      ['is gone', async () => redis.end(), async () => redis.startAgain()],
      ['hangs', async () => redis.suspend(), async () => redis.resume()],
    ])('answers within 2 s while Redis %s, and shares counts again afterwards', async (_how, leave, back) => {
      const token = await limited(4);
      const { token: unlimited } = await service.first.issue({ scopes: [] });
      expect(await useKey(both, token, 4)).toEqual({ passed: 4 });

      await leave();
      const fresh = await limited(3);
      for (const keyward of both) {
        const { result: answer, ms } = await timed(async () => keyward.as(fresh).get('/v1/api-keys/self'));
        expect(outcomeOf(answer)).toBe(away);
        expect(ms).toBeLessThan(PATIENCE_WITH_REDIS_MS);
        if (onOutage === 'deny') expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);

        const more = await useKey([keyward], fresh, 4);
        expect(more).toEqual(onOutage === 'deny' ? { [away]: 4 } : { passed: 2, '429 rate_limited': 2 });
        const free = await timed(async () => keyward.as(unlimited).get('/v1/api-keys/self'));
        expect(free.result.status).toBe(200);
        expect(free.ms).toBeLessThan(PATIENCE_WITH_REDIS_MS);
      }
      await sleep(1200);
      const { ms } = await timed(async () => useKey(both, fresh, 8));
      expect(ms).toBeLessThan(PATIENCE_WITH_REDIS_MS);

      await back();
      await eventuallyIs(countsTogether, true);
      expect(await useKey(both, await limited(100), 400)).toEqual({ passed: 100, '429 rate_limited': 300 });
    });
  },
);

describe('a single instance', () => {
  it('starts while Redis is unreachable, and counts in Redis once it is reachable', async () => {
    const redis = await startRedis();
    await redis.end();
    const keyward = await startKeywardInMemory({ REDIS_URL: redis.url, RATE_LIMIT_ON_OUTAGE: 'deny' });
    const { token } = await keyward.issue({
      scopes: [],
      rateLimits: [{ name: 'default', limit: 1000, windowSeconds: 60 }],
    });
    const use = async (): Promise<number> => (await keyward.as(token).get('/v1/api-keys/self')).status;
    expect(await use()).toBe(503);
    await redis.startAgain();
    await eventuallyIs(use, 200);
    await keyward.stop();
    await redis.stop();
  });

  it('detects that its Redis connection died silently, and opens a new one', async () => {
    const redis = await startRedis();
    const link = await startForgetfulLink(Number(new URL(redis.url).port));
    const keyward = await startKeywardInMemory({
      REDIS_URL: `redis://127.0.0.1:${link.port}`,
      RATE_LIMIT_ON_OUTAGE: 'deny',
    });
    const { token } = await keyward.issue({
      scopes: [],
      rateLimits: [{ name: 'default', limit: 1000, windowSeconds: 60 }],
    });
    const use = async (): Promise<number> => (await keyward.as(token).get('/v1/api-keys/self')).status;
    await eventuallyIs(use, 200);
    link.forget();
    expect(await use()).toBe(503);
    await eventuallyIs(use, 200);
    await keyward.stop();
    await link.close();
    await redis.stop();
  });
});
