import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit } from '../domain/rate-limit';
import type { RateLimiter, RateLimitState } from '../ports/rate-limiter';

/**
 * Larger than every limit, so that the counter itself never rejects. `stateOf` compares the count with the limit of the key.
 */
const NEVER_REFUSED = Number.MAX_SAFE_INTEGER;

/** Counts requests in this process only. */
export class LocalRateLimiter implements RateLimiter {
  private readonly counter = new RateLimiterMemory({ points: NEVER_REFUSED, duration: 1 });

  async consume(subject: string, limit: RateLimit): Promise<RateLimitState> {
    return countIn(this.counter, subject, limit, async () => {
      const counted = await this.counter.get(subject);
      if (counted !== null) await this.counter.set(subject, counted.consumedPoints, limit.windowSeconds);
    });
  }
}

/**
 * Counts a request. The count continues when the limit changes; otherwise a key could reset it by lengthening its own window.
 * Only a shorter window ends the count earlier. This is safe, because a key cannot shorten its own window.
 *
 * @param shorten makes the count end one window from now
 */
export async function countIn(
  counter: RateLimiterAbstract,
  subject: string,
  limit: RateLimit,
  shorten: () => Promise<unknown>,
): Promise<RateLimitState> {
  const windowMs = limit.windowSeconds * 1000;
  const counted = await counter.consume(subject, 1, { customDuration: limit.windowSeconds });
  if (counted.msBeforeNext <= windowMs) return stateOf(counted, limit);
  await shorten();
  return stateOf(new RateLimiterRes(0, windowMs, counted.consumedPoints), limit);
}

/** Returns the state of a limit after the counter has counted a request. */
function stateOf({ consumedPoints, msBeforeNext }: RateLimiterRes, limit: RateLimit): RateLimitState {
  return {
    limit: limit.limit,
    windowSeconds: limit.windowSeconds,
    allowed: consumedPoints <= limit.limit,
    remaining: Math.max(0, limit.limit - consumedPoints),
    resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  };
}
