import type { RateLimit } from '../domain/rate-limit';

/** The injection token of the {@link RateLimiter} in use. */
export const RATE_LIMITER = Symbol('keyward:rate-limiter');

/** Where a count stands after a request was counted. */
export interface RateLimitState extends RateLimit {
  /** Whether the request was within the limit. */
  readonly allowed: boolean;
  /** How many more requests the window takes. */
  readonly remaining: number;
  /** Whole seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

/** Counts requests in windows. */
export interface RateLimiter {
  /**
   * Counts one request.
   *
   * @param subject what is counted: a key id, an address
   * @throws RateLimiterUnavailableError where counting is impossible and set to refuse then
   */
  consume(subject: string, limit: RateLimit): Promise<RateLimitState>;
}

/** What happens while Redis is away: count in this process (`local`), or refuse (`deny`). */
export type OnLimiterOutage = 'local' | 'deny';
