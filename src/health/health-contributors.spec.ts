import { Logger } from '@nestjs/common';
import { type HealthContributor, HealthContributors, type PartHealth } from './health-contributors';

interface Part extends HealthContributor {
  says: () => PartHealth | Promise<PartHealth>;
  asked: number;
}

function part(name: string, required: boolean): Part {
  return {
    name,
    required,
    asked: 0,
    says: () => ({ status: 'up' }),
    async check() {
      this.asked += 1;
      return this.says();
    },
  };
}

describe('the health parts of a service', () => {
  const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const logged = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  let parts: HealthContributors;
  let store: Part;
  let redis: Part;

  beforeEach(() => {
    jest.useFakeTimers();
    parts = new HealthContributors();
    store = part('store', true);
    redis = part('redis', false);
    parts.add(store);
    parts.add(redis);
    warned.mockClear();
    logged.mockClear();
  });
  afterEach(() => jest.useRealTimers());

  it('are checked at most once a second, even for concurrent requests', async () => {
    await Promise.all(Array.from({ length: 100 }, async () => parts.check()));
    await parts.check();
    expect([store.asked, redis.asked]).toEqual([1, 1]);
    jest.advanceTimersByTime(1001);
    await parts.check();
    expect([store.asked, redis.asked]).toEqual([2, 2]);
  });

  it('are down after a failure if they are required, and degraded otherwise', async () => {
    for (const each of [store, redis]) each.says = () => Promise.reject(new Error('mongodb://root:pw@db'));
    const detail = 'It does not answer.';
    expect(await parts.check()).toEqual({
      store: { status: 'down', detail },
      redis: { status: 'degraded', detail },
    });
  });

  it('are degraded if they report down but are not required', async () => {
    redis.says = () => ({ status: 'down', detail: 'Gone.' });
    expect(await parts.check()).toMatchObject({ redis: { status: 'degraded', detail: 'Gone.' } });
  });

  it('are down if they do not answer within a second', async () => {
    store.says = async () => new Promise(() => undefined);
    const asked = parts.check();
    await jest.advanceTimersByTimeAsync(1001);
    expect(await asked).toMatchObject({ store: { status: 'down' }, redis: { status: 'up' } });
  });

  it('are logged once per change of their status', async () => {
    store.says = () => ({ status: 'down' });
    await parts.check();
    jest.advanceTimersByTime(1001);
    await parts.check();
    expect(warned.mock.calls).toEqual([['store is down.']]);
    store.says = () => ({ status: 'up' });
    jest.advanceTimersByTime(1001);
    await parts.check();
    expect(logged.mock.calls).toEqual([['store is up again']]);
  });

  it.each(['store', 'Store', '', 'a b', 'a"'])('cannot have an invalid or duplicate name: %j', (name) => {
    expect(() => parts.add(part(name, true))).toThrow(RangeError);
  });
});
