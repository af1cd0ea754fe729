import type { Charge } from 'keyward';
import { type RedisClient, redisClient } from '../../src/api-keys/limits/redis-client';
import { SharedRateLimiter } from '../../src/api-keys/limits/shared-rate-limiter';
import { ConfigurationError } from '../../src/problems/configuration.error';
import { describeRateLimiter } from '../contract/rate-limiter.contract';
import { startTwoInstances, type TwoInstances, useKey } from '../support/integration/two-instances';
import { redisCli, startRedis, startRedisCluster } from '../support/integration/redis';
import { eventuallyIs } from '../support/patience';

/** Moves the time of all counts, so that no test waits. */
const LET_TIME_PASS = `
for _, key in ipairs(redis.call('KEYS', '{keyward:limit}*')) do
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    local used, ends = string.match(fields[i + 1], '^(%d+):(%d+)$')
    redis.call('HSET', key, fields[i], used .. ':' .. string.format('%.0f', ends - ARGV[1]))
  end
  redis.call('PEXPIRE', key, string.format('%.0f', redis.call('PTTL', key) - ARGV[1]))
end
`;

async function connect(url: string): Promise<RedisClient> {
  const client = redisClient(url, {
    enableOfflineQueue: false,
    connectTimeout: 1000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 100,
  });
  client.on('error', () => undefined);
  await eventuallyIs(async () => client.status, 'ready');
  return client;
}

const often: Charge = { kind: 'key', id: 'often', limits: [{ name: 'a', limit: 1000, windowSeconds: 60 }] };

const changed = (windowSeconds: number): Charge => ({
  kind: 'key',
  id: 'changed',
  limits: [{ name: 'a', limit: 1000, windowSeconds }],
});

describe.each([
  ['a Redis server', async () => ({ ...(await startRedis()), nodes: undefined })],
  ['a Redis cluster of three', startRedisCluster],
] as const)('the rate limiter in %s', (_what, start) => {
  let redis: Awaited<ReturnType<typeof start>>;
  let client: RedisClient;

  beforeAll(async () => {
    redis = await start();
    client = await connect(redis.url);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });

  const urls = (): readonly string[] => redis.nodes?.map(({ url }) => url) ?? [redis.url];

  describeRateLimiter(
    async () => ({
      limiter: new SharedRateLimiter(client, 'deny'),
      advance: async (seconds) =>
        void (await client.eval(LET_TIME_PASS, 1, '{keyward:limit}any', seconds * 1000)),
    }),
    40,
  );

  it('counts on after Redis has forgotten the script [T120]', async () => {
    const limiter = new SharedRateLimiter(client, 'deny');
    for (let remaining = 999; remaining > 990; remaining -= 1) {
      expect((await limiter.consume([often], 1)).rateLimits).toMatchObject([{ remaining }]);
      for (const url of urls()) await redisCli('-u', url, 'SCRIPT', 'FLUSH');
    }
  });

  it('keeps few windows of a subject, however often its limit changes, and deletes them when they end', async () => {
    const limiter = new SharedRateLimiter(client, 'deny');
    for (let seconds = 100; seconds < 200; seconds += 1) await limiter.consume([changed(seconds)], 1);
    const key = '{keyward:limit}3:key7:changed';
    const lengths = await Promise.all(
      urls().map(async (url) => redisCli('-u', url, 'HLEN', key).catch(String)),
    );
    expect(lengths.map((text) => text.trim())).toContain('16');
    expect((await limiter.consume([changed(5)], 1)).rateLimits).toMatchObject([{ remaining: 899 }]);
    await client.eval(LET_TIME_PASS, 1, key, 200_000);
    expect(await client.eval("return redis.call('EXISTS', KEYS[1])", 1, key)).toBe(0);
  });

  it('starts on it without an error', async () => {
    await expect(new SharedRateLimiter(client, 'local').onModuleInit()).resolves.toBeUndefined();
  });

  describe('with two instances', () => {
    let service: TwoInstances;

    beforeAll(async () => {
      service = await startTwoInstances({ REDIS_URL: redis.url, RATE_LIMIT_ON_OUTAGE: 'deny' });
    });
    afterAll(async () => service.stop());

    it('allows exactly as many concurrent requests as the lowest of three limits, while scripts are flushed [T120]', async () => {
      const both = [service.first, service.second];
      const rateLimits = [
        { name: 'hour', limit: 500, windowSeconds: 3600 },
        { name: 'minute', limit: 100, windowSeconds: 600 },
        { name: 'other', limit: 120, windowSeconds: 600 },
      ];
      const { token } = await service.first.issue({ scopes: [], rateLimits });
      const using = useKey(both, token, 400);
      for (const url of urls()) await redisCli('-u', url, 'SCRIPT', 'FLUSH');
      expect(await using).toEqual({ passed: 100, '429 rate_limited': 300 });
      const { body } = await service.second.as(token).get('/v1/api-keys/self');
      expect(body['limit']).toMatchObject({ name: 'minute' });
    });
  });
});

const starting = async (url: string): Promise<unknown> => {
  const client = await connect(url);
  try {
    return await new SharedRateLimiter(client, 'local').onModuleInit().catch((error: unknown) => error);
  } finally {
    client.disconnect();
  }
};
const rejecting = (code: string): unknown =>
  expect.objectContaining({ message: expect.stringContaining(code) as unknown });

describe('the start with a misconfigured Redis fails', () => {
  it.each([
    ['its user may not run scripts', '-@scripting', 'NOPERM'],
    ['its user may not write', '-@write', 'The user executing the script'],
  ])('if %s [T121]', async (_what, rights, code) => {
    const redis = await startRedis();
    await redisCli('-u', redis.url, 'ACL', 'SETUSER', 'limiter', 'on', '>secret', '~*', '+@all', rights);
    const error = await starting(redis.url.replace('redis://', 'redis://limiter:secret@'));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toEqual(rejecting(code));
    await redis.stop();
  });

  it('if its user may not use the keys of Keyward [T121]', async () => {
    const redis = await startRedis();
    await redisCli('-u', redis.url, 'ACL', 'SETUSER', 'limiter', 'on', '>secret', '~cache:*', '+@all');
    const error = await starting(redis.url.replace('redis://', 'redis://limiter:secret@'));
    expect(error).toEqual(rejecting('NOPERM'));
    await redis.stop();
  });

  it('if the server is a replica [T121]', async () => {
    const primary = await startRedis();
    const replica = await startRedis({ replicaof: `127.0.0.1 ${new URL(primary.url).port}` });
    await eventuallyIs(async () => (await redisCli('-u', replica.url, 'ROLE')).includes('connected'), true);
    expect(await starting(replica.url)).toEqual(rejecting('READONLY'));
    await Promise.all([replica.stop(), primary.stop()]);
  });

  it('if another program uses its key [T121]', async () => {
    const redis = await startRedis();
    await redisCli('-u', redis.url, 'SET', '{keyward:limit}3:key5:probe', 'x');
    expect(await starting(redis.url)).toEqual(rejecting('WRONGTYPE'));
    await redis.stop();
  });

  it('if a node of a cluster is configured as a single server [T121]', async () => {
    const cluster = await startRedisCluster();
    const errors = await Promise.all(cluster.nodes.map(async ({ url }) => starting(url)));
    expect(errors.filter((error) => error instanceof ConfigurationError)).toHaveLength(2);
    expect(errors).toContainEqual(rejecting('MOVED'));
    await cluster.stop();
  });
});
