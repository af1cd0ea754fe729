import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit } from '../domain/rate-limit';
import type { RateLimiter, RateLimitState } from './rate-limiter';

/** Larger than every limit: the limit is compared here, since each key has its own. */
const NEVER_REFUSED = Number.MAX_SAFE_INTEGER;

/** Counts in this process only. */
export class LocalRateLimiter implements RateLimiter {
  private readonly counter = new RateLimiterMemory({ points: NEVER_REFUSED, duration: 1 });

  async consume(subject: string, limit: RateLimit): Promise<RateLimitState> {
    return stateOf(await this.counter.consume(...countedAs(subject, limit)), limit);
  }
}

/** A count goes on when the limit is changed, so that nobody gets a fresh one by changing its own window. */
export function countedAs(
  subject: string,
  { windowSeconds }: RateLimit,
): [string, number, { customDuration: number }] {
  return [subject, 1, { customDuration: windowSeconds }];
}

/** What a counter's answer means under a limit. */
export function stateOf({ consumedPoints, msBeforeNext }: RateLimiterRes, limit: RateLimit): RateLimitState {
  return {
    limit: limit.limit,
    windowSeconds: limit.windowSeconds,
    allowed: consumedPoints <= limit.limit,
    remaining: Math.max(0, limit.limit - consumedPoints),
    resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  };
}
