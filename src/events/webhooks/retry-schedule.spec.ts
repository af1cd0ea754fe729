import * as fc from 'fast-check';
import { RETRY_DELAYS_SECONDS, retryAfterSeconds, retryDelayMs } from './retry-schedule';

const TRIES = RETRY_DELAYS_SECONDS.length;

describe('the retry schedule', () => {
  it('has increasing delays over three to four days', () => {
    const delays = RETRY_DELAYS_SECONDS.map((_, index) => retryDelayMs(index + 1, 0.5) ?? 0);
    expect(delays).toEqual(delays.toSorted((one, other) => one - other));
    expect(new Set(delays).size).toBe(TRIES);
    const days = delays.reduce((sum, delay) => sum + delay, 0) / 86_400_000;
    expect(days).toBeGreaterThan(3);
    expect(days).toBeLessThan(4);
  });

  it('ends after the last attempt', () => {
    expect(retryDelayMs(TRIES, 0.5)).toBeDefined();
    expect(retryDelayMs(TRIES + 1, 0.5)).toBeUndefined();
    expect(retryDelayMs(TRIES + 1, 0.5, 60)).toBeUndefined();
  });

  it('varies each delay by up to 20%', () => {
    const random = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: TRIES }), random, (attempts, luck) => {
        const plan = (RETRY_DELAYS_SECONDS[attempts - 1] ?? 0) * 1000;
        const delay = retryDelayMs(attempts, luck) ?? 0;
        expect(delay).toBeGreaterThanOrEqual(plan * 0.8 - 1);
        expect(delay).toBeLessThanOrEqual(plan * 1.2 + 1);
      }),
    );
    expect(retryDelayMs(3, 0)).not.toBe(retryDelayMs(3, 1));
  });

  it('waits as long as the receiver requests, but at most one day and never less than planned', () => {
    expect(retryDelayMs(1, 0.5, 60)).toBe(60_000);
    expect(retryDelayMs(1, 0.5, 10_000_000)).toBe(86_400_000);
    expect(retryDelayMs(4, 0.5, 1)).toBe(600_000);
  });
});

describe('a Retry-After header', () => {
  const now = new Date('2030-01-02T03:04:05Z');

  it.each<[string | undefined, number | undefined]>([
    ['0', 0],
    ['120', 120],
    ['Wed, 02 Jan 2030 03:05:05 GMT', 60],
    ['Wed, 02 Jan 2030 03:00:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['Wed, soon', undefined],
    ['1e9', undefined],
    ['99999999999999999999', undefined],
    ['2030-01-02T03:05:05Z', undefined],
  ])('with the value %j is parsed as %j seconds', (header, seconds) =>
    expect(retryAfterSeconds(header, now)).toBe(seconds),
  );
});
