import type { RateLimit } from '../domain/rate-limit';

/** The injection token of the {@link RateLimiter} in use. */
export const RATE_LIMITER = Symbol('keyward:rate-limiter');

/** The state of a rate limit after a request was counted. */
export interface RateLimitState extends RateLimit {
  /** Whether the request was within the limit. */
  readonly allowed: boolean;
  /** How many more requests the window allows. */
  readonly remaining: number;
  /** Whole seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

/** Counts requests in windows. */
export interface RateLimiter {
  /**
   * Counts one request.
   *
   * @param subject whose requests are counted: a key id or an address
   * @throws RateLimiterUnavailableError if counting is impossible and `limits.onOutage` is `deny`
   */
  consume(subject: string, limit: RateLimit): Promise<RateLimitState>;
}

/** What happens while Redis is unreachable: count in this process (`local`), or reject requests (`deny`). */
export type OnLimiterOutage = 'local' | 'deny';
