import * as fc from 'fast-check';
import { type RateLimit, rateLimitCovers } from './rate-limit';

const perMinute = (limit: number): RateLimit => ({ limit, windowSeconds: 60 });
const limits = fc.record({
  limit: fc.integer({ min: 1, max: 6 }),
  windowSeconds: fc.integer({ min: 1, max: 6 }),
});
const optional = fc.option(limits, { nil: undefined });

/** The most requests that fit into a span, each window being filled to the brim. */
const most = ({ limit, windowSeconds }: RateLimit, seconds: number): number =>
  Math.ceil(seconds / windowSeconds) * limit;

describe('a rate limit', () => {
  it.each<[string, RateLimit | undefined, RateLimit | undefined]>([
    ['none covers none', undefined, undefined],
    ['none covers any', undefined, perMinute(1)],
    ['ten a minute cover themselves', perMinute(10), perMinute(10)],
    ['ten a minute cover nine a minute', perMinute(10), perMinute(9)],
    ['ten a minute cover ten an hour', perMinute(10), { limit: 10, windowSeconds: 3600 }],
  ])('%s', (_sentence, outer, inner) => {
    expect(rateLimitCovers(outer, inner)).toBe(true);
  });

  it.each<[string, RateLimit | undefined, RateLimit | undefined]>([
    ['ten a minute do not cover none', perMinute(10), undefined],
    ['ten a minute do not cover eleven a minute', perMinute(10), perMinute(11)],
    ['ten a minute do not cover ten in 59 seconds', perMinute(10), { limit: 10, windowSeconds: 59 }],
    ['ten a minute do not cover one a second', perMinute(10), { limit: 1, windowSeconds: 1 }],
    [
      'ten a minute do not cover 600 an hour, all at once',
      perMinute(10),
      { limit: 600, windowSeconds: 3600 },
    ],
  ])('%s', (_sentence, outer, inner) => {
    expect(rateLimitCovers(outer, inner)).toBe(false);
  });

  it('that is covered lets no more requests through, over whatever span', () => {
    fc.assert(
      fc.property(limits, limits, fc.integer({ min: 1, max: 50 }), (outer, inner, seconds) => {
        const looser = most(inner, seconds) > most(outer, seconds);
        expect(looser && rateLimitCovers(outer, inner)).toBe(false);
      }),
    );
  });

  it('covers itself, and what those cover that it covers', () => {
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
