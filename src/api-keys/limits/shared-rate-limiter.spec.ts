import { Logger } from '@nestjs/common';
import { RateLimiterUnavailableError } from './limits.errors';
import type { RedisClient } from './redis-client';
import { SharedRateLimiter } from './shared-rate-limiter';

const twice = { limit: 2, windowSeconds: 60 };
const warn = jest.spyOn(Logger.prototype, 'warn');

type Increment = jest.Mock<Promise<readonly [count: number, ttlMs: number]>, [readonly string[]]>;

/** Returns a client whose Redis has only the command that counts. */
function redis(): { client: RedisClient; increment: Increment } {
  const increment: Increment = jest.fn();
  const client = { defineCommand: () => undefined, rlflxIncr: increment };
  return { client: client as unknown as RedisClient, increment };
}

/** Never answers. */
const hang = async (): Promise<never> => new Promise(() => undefined);

beforeEach(() => {
  jest.useFakeTimers({ now: new Date('2027-01-31T12:00:00.000Z') });
  warn.mockReset();
});
afterEach(() => void jest.useRealTimers());

describe('requests counted in Redis', () => {
  it('get a state that is computed from the count in Redis and the limit of the key', async () => {
    const { client, increment } = redis();
    const limiter = new SharedRateLimiter(client, 'local');
    increment.mockResolvedValueOnce([2, 41_001]).mockResolvedValueOnce([3, 0]);
    expect(await limiter.consume('acme', twice)).toEqual({
      ...twice,
      allowed: true,
      remaining: 0,
      resetSeconds: 42,
    });
    expect(await limiter.consume('acme', twice)).toEqual({
      ...twice,
      allowed: false,
      remaining: 0,
      resetSeconds: 1,
    });
    expect(warn).not.toHaveBeenCalled();
  });

  it('are counted per subject for the length of the window', async () => {
    const { client, increment } = redis();
    increment.mockResolvedValue([1, 60_000]);
    const limiter = new SharedRateLimiter(client, 'local');
    await limiter.consume('acme', twice);
    await limiter.consume('globex', { limit: 2, windowSeconds: 30 });
    expect(increment.mock.calls.map(([[key, points, seconds]]) => [key, points, seconds])).toEqual([
      ['keyward:limit:acme', '1', '60'],
      ['keyward:limit:globex', '1', '30'],
    ]);
  });
});

describe('requests while Redis fails', () => {
  it('are counted in this process with onOutage local', async () => {
    const { client, increment } = redis();
    increment.mockRejectedValue(new Error('ECONNREFUSED'));
    const limiter = new SharedRateLimiter(client, 'local');
    const allowed: boolean[] = [];
    for (let time = 0; time < 3; time += 1) allowed.push((await limiter.consume('acme', twice)).allowed);
    expect(allowed).toEqual([true, true, false]);
    expect(warn).toHaveBeenCalledWith('Redis did not count a request: ECONNREFUSED');
  });

  it('are rejected with onOutage deny, also during the pause after a failure', async () => {
    const { client, increment } = redis();
    const cause = new Error('ECONNREFUSED');
    increment.mockRejectedValue(cause);
    const limiter = new SharedRateLimiter(client, 'deny');
    await expect(limiter.consume('acme', twice)).rejects.toMatchObject({
      code: 'rate_limiter_unavailable',
      cause,
    });
    await expect(limiter.consume('acme', twice)).rejects.toThrow(RateLimiterUnavailableError);
    expect(increment).toHaveBeenCalledTimes(1);
  });

  it.each(['local', 'deny'] as const)('use Redis again after one second with onOutage %s', async (choice) => {
    const { client, increment } = redis();
    increment.mockRejectedValueOnce(new Error('ECONNREFUSED')).mockResolvedValue([1, 60_000]);
    const limiter = new SharedRateLimiter(client, choice);
    const consume = async (subject: string): Promise<unknown> =>
      limiter.consume(subject, twice).catch((error: unknown) => error);
    await consume('acme');
    jest.advanceTimersByTime(999);
    await consume('globex');
    expect(increment).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(1);
    expect(await consume('globex')).toMatchObject({ allowed: true, remaining: 1 });
    expect(increment).toHaveBeenCalledTimes(2);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('cause another pause if Redis fails again', async () => {
    const { client, increment } = redis();
    increment.mockRejectedValue(new Error('ECONNREFUSED'));
    const limiter = new SharedRateLimiter(client, 'local');
    for (let time = 0; time < 2; time += 1) {
      await limiter.consume('acme', twice);
      await limiter.consume('acme', twice);
      jest.advanceTimersByTime(1000);
    }
    expect(increment).toHaveBeenCalledTimes(2);
  });

  it('are counted in this process if Redis fails with a value that is not an Error', async () => {
    const { client, increment } = redis();
    increment.mockRejectedValue('away');
    const limiter = new SharedRateLimiter(client, 'local');
    expect(await limiter.consume('acme', twice)).toMatchObject({ allowed: true });
    expect(warn).toHaveBeenCalledWith('Redis did not count a request: unknown error');
  });
});

describe('a request while Redis hangs', () => {
  it.each([
    ['local', { allowed: true, remaining: 1 }],
    ['deny', { code: 'rate_limiter_unavailable' }],
  ] as const)('waits at most 300 ms with onOutage %s', async (choice, outcome) => {
    const { client, increment } = redis();
    increment.mockImplementation(hang);
    const limiter = new SharedRateLimiter(client, choice);
    const settled = jest.fn();
    void limiter.consume('acme', twice).then(settled, settled);
    await jest.advanceTimersByTimeAsync(299);
    expect(settled).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(10);
    expect(settled).toHaveBeenCalledWith(expect.objectContaining(outcome));
  });

  it('is the only one that waits, because the next request does not use Redis', async () => {
    const { client, increment } = redis();
    increment.mockImplementation(hang);
    const limiter = new SharedRateLimiter(client, 'local');
    const first = limiter.consume('acme', twice);
    await jest.advanceTimersByTimeAsync(310);
    await first;
    expect(await limiter.consume('globex', twice)).toMatchObject({ allowed: true });
    expect(increment).toHaveBeenCalledTimes(1);
  });
});
