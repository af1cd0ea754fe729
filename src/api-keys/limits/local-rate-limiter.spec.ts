import type { Charge } from '../ports/rate-limiter';
import { consumptionOf } from './window-counts';
import { LocalRateLimiter } from './local-rate-limiter';
import { MAX_WINDOWS } from './window-counts';

const addressed = (id: number, windowSeconds = 60): Charge => ({
  kind: 'address',
  id: `203.0.113.${id}`,
  limits: [{ name: 'default', limit: 2, windowSeconds }],
});

beforeEach(() => void jest.useFakeTimers({ now: new Date('2027-01-31T12:00:00.000Z') }));
afterEach(() => void jest.useRealTimers());

describe('the memory of the rate limiter of one process', () => {
  it('is freed by later requests once the windows have ended', async () => {
    const limiter = new LocalRateLimiter();
    for (let id = 0; id < 1000; id += 1) await limiter.consume([addressed(id)], 1);
    expect(limiter.size).toBe(1000);
    jest.advanceTimersByTime(60_000);
    for (let id = 0; id < 600; id += 1) await limiter.consume([addressed(1)], 1);
    expect(limiter.size).toBe(1);
  });

  it('is bounded: beyond the maximum, the subject that was counted least recently is forgotten', async () => {
    const limiter = new LocalRateLimiter(100);
    for (let id = 0; id < 300; id += 1) {
      await limiter.consume([addressed(0)], 1);
      await limiter.consume([addressed(id)], 1);
    }
    expect(limiter.size).toBe(100);
    expect((await limiter.consume([addressed(0)], 1)).refusedBy).toBeDefined();
    expect((await limiter.consume([addressed(299)], 2)).refusedBy).toBeDefined();
    expect((await limiter.consume([addressed(100)], 2)).refusedBy).toBeUndefined();
  });

  it('keeps few windows of a subject, and its count, however often its limit changes', async () => {
    const limiter = new LocalRateLimiter();
    for (let seconds = 100; seconds < 1000; seconds += 1) await limiter.consume([addressed(1, seconds)], 1);
    const [windows] = (
      limiter as unknown as { subjects: Map<string, Map<number, object>> }
    ).subjects.values();
    expect(windows?.size).toBe(MAX_WINDOWS);
    expect((await limiter.consume([addressed(1, 5)], 1)).refusedBy).toMatchObject({ remaining: 0 });
  });
});

it('reports a whole window as its length, although the difference of two times can be a little more', () => {
  const limits = [{ name: 'default', limit: 2, windowSeconds: 1 }];
  const charge = { kind: 'key', id: 'acme', limits } as const;
  for (const msLeft of [1000.0000000009, 1000, 999.5, 0.5]) {
    const { rateLimits } = consumptionOf([charge], () => ({ used: 1, msLeft }), 1, true);
    expect(rateLimits).toMatchObject([{ resetSeconds: 1 }]);
  }
  expect(consumptionOf([charge], () => ({ used: 1, msLeft: 1001 }), 1, true).rateLimits).toMatchObject([
    { resetSeconds: 2 },
  ]);
});
