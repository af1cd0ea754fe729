import type { Refused, Unknown, Valid } from '../domain/decision';
import type { RateLimitState } from '../ports/rate-limiter';

/** A valid key, and the state of its rate limit if it has one. */
export interface Passed extends Valid {
  readonly rateLimit?: RateLimitState | undefined;
}

/** A valid key whose rate limit is used up. */
export interface Limited extends Omit<Valid, 'code'> {
  readonly code: 'RATE_LIMITED';
  readonly rateLimit: RateLimitState;
}

/** The result of a verification: a decision, or `RATE_LIMITED` if the rate limit of a valid key is used up. */
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
