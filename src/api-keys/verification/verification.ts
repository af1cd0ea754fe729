import type { Refused, Unknown, Valid } from '../domain/decision';
import type { RateLimitState } from '../ports/rate-limiter';

/** A good key, and where its rate limit stands if it has one. */
export interface Passed extends Valid {
  readonly rateLimit?: RateLimitState | undefined;
}

/** A good key that has used up its rate limit. */
export interface Limited extends Omit<Valid, 'code'> {
  readonly code: 'RATE_LIMITED';
  readonly rateLimit: RateLimitState;
}

/** A decision, after a good key's own rate limit was counted. */
export type Verification = Unknown | Refused | Passed | Limited;

/** What a verification answers with: a decision's code, or `RATE_LIMITED`. */
export type VerificationCode = Verification['code'];

/**
 * Whether an answer is there at once. By its own property: a host may have replaced the global `Promise`, or something may
 * have extended its prototype.
 */
export function isAtOnce<T extends { readonly code: string }>(answer: T | Promise<T>): answer is T {
  return Object.hasOwn(answer, 'code');
}
