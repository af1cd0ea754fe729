import * as fc from 'fast-check';
import { type RateLimit, rateLimitCovers } from './rate-limit';

const perMinute = (limit: number): RateLimit => ({ limit, windowSeconds: 60 });
const limits = fc.record({
  limit: fc.integer({ min: 1, max: 6 }),
  windowSeconds: fc.integer({ min: 1, max: 6 }),
});
const optional = fc.option(limits, { nil: undefined });

/** Returns the maximum number of requests in a span if every window is used up. */
const most = ({ limit, windowSeconds }: RateLimit, seconds: number): number =>
  Math.ceil(seconds / windowSeconds) * limit;

describe('rateLimitCovers', () => {
  it.each<[string, RateLimit | undefined, RateLimit | undefined]>([
    ['no limit covers no limit', undefined, undefined],
    ['no limit covers 1 per minute', undefined, perMinute(1)],
    ['10 per minute covers 10 per minute', perMinute(10), perMinute(10)],
    ['10 per minute covers 9 per minute', perMinute(10), perMinute(9)],
    ['10 per minute covers 10 per hour', perMinute(10), { limit: 10, windowSeconds: 3600 }],
  ])('finds that %s', (_sentence, outer, inner) => {
    expect(rateLimitCovers(outer, inner)).toBe(true);
  });

  it.each<[string, RateLimit | undefined, RateLimit | undefined]>([
    ['10 per minute does not cover no limit', perMinute(10), undefined],
    ['10 per minute does not cover 11 per minute', perMinute(10), perMinute(11)],
    ['10 per minute does not cover 10 in 59 seconds', perMinute(10), { limit: 10, windowSeconds: 59 }],
    ['10 per minute does not cover 1 per second', perMinute(10), { limit: 1, windowSeconds: 1 }],
    [
      '10 per minute does not cover 600 per hour, which may come at once',
      perMinute(10),
      { limit: 600, windowSeconds: 3600 },
    ],
  ])('finds that %s', (_sentence, outer, inner) => {
    expect(rateLimitCovers(outer, inner)).toBe(false);
  });

  it('returns false if the inner limit allows more requests in any period', () => {
    fc.assert(
      fc.property(limits, limits, fc.integer({ min: 1, max: 50 }), (outer, inner, seconds) => {
        const looser = most(inner, seconds) > most(outer, seconds);
        expect(looser && rateLimitCovers(outer, inner)).toBe(false);
      }),
    );
  });

  it('is reflexive and transitive', () => {
    fc.assert(
      fc.property(optional, optional, optional, (one, two, three) => {
        expect(rateLimitCovers(one, one)).toBe(true);
        const chain = rateLimitCovers(one, two) && rateLimitCovers(two, three);
        expect(chain && !rateLimitCovers(one, three)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
