import type { Refused, Unknown, Valid } from '../domain/decision';
import type { RateLimitState } from '../ports/rate-limiter';

/** A valid key, and the state of every rate limit that applies to it. */
export interface Passed extends Valid {
  readonly rateLimits?: readonly RateLimitState[] | undefined;
}

/** A valid key with a rate limit that has no room for the request. */
export interface Limited extends Omit<Valid, 'code'> {
  readonly code: 'RATE_LIMITED';
  readonly rateLimits: readonly RateLimitState[];
  /** The limit without room. If there are several, the last one to have room again. */
  readonly refusedBy: RateLimitState;
  /** Seconds until that limit has room again; `undefined` if it never has, because the request costs more than it allows. */
  readonly retryAfter: number | undefined;
}

/** The result of a verification: a decision, or `RATE_LIMITED` if a rate limit of a valid key has no room. */
export type Verification = Unknown | Refused | Passed | Limited;

/** The code of a decision, or `RATE_LIMITED`. */
export type VerificationCode = Verification['code'];

/**
 * Returns whether a verification is already complete. Looks for an own property `code`, not for a `Promise`, because a
 * host may have replaced the global `Promise` or extended its prototype.
 */
export function isAtOnce<T extends { readonly code: string }>(answer: T | Promise<T>): answer is T {
  return Object.hasOwn(answer, 'code');
}
