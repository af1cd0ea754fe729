import * as fc from 'fast-check';
import { isCost, type RateLimit, rateLimitsCover, rateLimitsKeep, sortedLimits } from './rate-limit';

const of = (limit: number, windowSeconds: number, name = 'default'): RateLimit => ({
  name,
  limit,
  windowSeconds,
});
const perMinute = (limit: number, name?: string): RateLimit => of(limit, 60, name);
const limits = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    limit: fc.integer({ min: 1, max: 6 }),
    windowSeconds: fc.integer({ min: 1, max: 6 }),
  }),
  { maxLength: 3, selector: ({ name }) => name },
);

/** Returns the maximum number of requests in a span if every window is used up. */
const most = (all: readonly RateLimit[], seconds: number): number =>
  Math.min(...all.map(({ limit, windowSeconds }) => Math.ceil(seconds / windowSeconds) * limit));

type Pair = readonly [string, readonly RateLimit[], readonly RateLimit[]];

describe('rateLimitsCover', () => {
  it.each<Pair>([
    ['no limit covers no limit', [], []],
    ['no limit covers 1 per minute', [], [perMinute(1)]],
    ['10 per minute covers 10 per minute under another name', [perMinute(10)], [perMinute(10, 'other')]],
    ['10 per minute covers 9 per minute', [perMinute(10)], [perMinute(9)]],
    ['10 per minute covers 10 per hour', [perMinute(10)], [of(10, 3600)]],
    ['10 per minute covers itself with another limit', [perMinute(10)], [perMinute(10), of(2, 1, 'burst')]],
    [
      'two limits cover one that is stricter than both',
      [perMinute(10), of(100, 3600, 'hour')],
      [of(9, 3600)],
    ],
  ])('finds that %s', (_sentence, outer, inner) => {
    expect(rateLimitsCover(outer, inner)).toBe(true);
  });

  it.each<Pair>([
    ['10 per minute does not cover no limit', [perMinute(10)], []],
    ['10 per minute does not cover 11 per minute', [perMinute(10)], [perMinute(11)]],
    ['10 per minute does not cover 10 in 59 seconds', [perMinute(10)], [of(10, 59)]],
    ['10 per minute does not cover 1 per second', [perMinute(10)], [of(1, 1)]],
    ['10 per minute does not cover 600 per hour, which may come at once', [perMinute(10)], [of(600, 3600)]],
    ['two limits do not cover only one of them', [perMinute(10), of(100, 3600, 'hour')], [perMinute(10)]],
  ])('finds that %s', (_sentence, outer, inner) => {
    expect(rateLimitsCover(outer, inner)).toBe(false);
  });

  it('returns false if the inner limits allow more requests in any period', () => {
    fc.assert(
      fc.property(limits, limits, fc.integer({ min: 1, max: 50 }), (outer, inner, seconds) => {
        const looser = most(inner, seconds) > most(outer, seconds);
        expect(looser && rateLimitsCover(outer, inner)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([rateLimitsCover, rateLimitsKeep])('is reflexive and transitive, and so is %p', (covers) => {
    fc.assert(
      fc.property(limits, limits, limits, (one, two, three) => {
        expect(covers(one, one)).toBe(true);
        expect(covers(one, two) && covers(two, three) && !covers(one, three)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('rateLimitsKeep', () => {
  it('requires every limit under its own name', () => {
    expect(rateLimitsKeep([perMinute(10)], [perMinute(5), of(1, 1, 'burst')])).toBe(true);
    expect(rateLimitsKeep([perMinute(10)], [perMinute(10, 'renamed')])).toBe(false);
    expect(rateLimitsKeep([perMinute(10)], [perMinute(11), perMinute(1, 'other')])).toBe(false);
  });

  it('implies rateLimitsCover', () => {
    fc.assert(
      fc.property(limits, limits, (outer, inner) => {
        expect(rateLimitsKeep(outer, inner) && !rateLimitsCover(outer, inner)).toBe(false);
      }),
    );
  });
});

it('sortedLimits makes equal sets of limits equal lists', () => {
  fc.assert(
    fc.property(limits, (all) => {
      expect(sortedLimits(all.toReversed())).toEqual(sortedLimits(all));
    }),
  );
});

it.each([
  [0, true],
  [1000, true],
  [-1, false],
  [1001, false],
  [0.5, false],
  [Number.NaN, false],
  ['5', false],
  [null, false],
])('isCost(%p) is %p', (value, expected) => {
  expect(isCost(value)).toBe(expected);
});
