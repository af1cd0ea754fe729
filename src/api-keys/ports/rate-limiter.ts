import type { RateLimit } from '../domain/rate-limit';

/** The injection token of the {@link RateLimiter} in use. */
export const RATE_LIMITER = Symbol('keyward:rate-limiter');

/** Whose requests a limit counts. */
export type LimitedSubject = 'key' | 'owner' | 'org' | 'address';

/** A subject whose requests are counted, with its limits. */
export interface Charge {
  readonly kind: LimitedSubject;
  /** The id of the subject, unique among subjects of its kind. */
  readonly id: string;
  /** At least one. */
  readonly limits: readonly RateLimit[];
}

/** The state of a rate limit after a request was counted or rejected. */
export interface RateLimitState extends RateLimit {
  /** Whose limit it is. */
  readonly of: LimitedSubject;
  /** How much more cost the window allows. */
  readonly remaining: number;
  /** Whole seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

/** The outcome of a request that was counted or rejected. */
export interface Consumption {
  /** The state of every limit, in the order of the charges. */
  readonly rateLimits: readonly RateLimitState[];
  /** The limit without room for the request, the one with the latest end if there are several; `undefined` if all had room. */
  readonly refusedBy?: RateLimitState | undefined;
}

/** Counts requests in windows. */
export interface RateLimiter {
  /**
   * Counts a request for all subjects, if all of their limits have room for its cost. Otherwise counts it for none.
   *
   * All limits of a subject with the same window share one count, whatever their names. A window that is new to a subject
   * starts with the largest count of its other windows, so that a change of limits never resets what was used.
   *
   * @param charges at least one, each for another subject
   * @param cost as how many requests it counts: 1 to 1,000
   * @throws RateLimiterUnavailableError if counting is impossible and `limits.onOutage` is `deny`
   */
  consume(charges: readonly Charge[], cost: number): Promise<Consumption>;
}

/** What happens while Redis is unreachable: count in this process (`local`), or reject requests (`deny`). */
export type OnLimiterOutage = 'local' | 'deny';
