import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit } from '../domain/rate-limit';
import type { RateLimiter, RateLimitState } from './rate-limiter';

/** Larger than every limit: the limit is compared here, since each key has its own. */
const NEVER_REFUSED = Number.MAX_SAFE_INTEGER;

/** Counts in this process only. */
export class LocalRateLimiter implements RateLimiter {
  private readonly counter = new RateLimiterMemory({ points: NEVER_REFUSED, duration: 1 });

  async consume(subject: string, limit: RateLimit): Promise<RateLimitState> {
    return countIn(this.counter, subject, limit);
  }
}

/**
 * Counts a request. A count goes on when the limit is changed, so that nobody gets a fresh one by changing its own window;
 * only a window that was shortened, which takes more authority than the key's own, ends as soon as it says.
 */
export async function countIn(
  counter: RateLimiterAbstract,
  subject: string,
  limit: RateLimit,
): Promise<RateLimitState> {
  const { windowSeconds } = limit;
  const counted = await counter.consume(subject, 1, { customDuration: windowSeconds });
  if (counted.msBeforeNext <= windowSeconds * 1000) return stateOf(counted, limit);
  await counter.set(subject, counted.consumedPoints, windowSeconds);
  return stateOf(new RateLimiterRes(0, windowSeconds * 1000, counted.consumedPoints), limit);
}

/** What a counter's answer means under a limit. */
function stateOf({ consumedPoints, msBeforeNext }: RateLimiterRes, limit: RateLimit): RateLimitState {
  return {
    limit: limit.limit,
    windowSeconds: limit.windowSeconds,
    allowed: consumedPoints <= limit.limit,
    remaining: Math.max(0, limit.limit - consumedPoints),
    resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  };
}
