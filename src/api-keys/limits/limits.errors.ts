import { KeywardError } from '../../problems/keyward.error';

/**
 * Redis refuses to count, and will go on refusing until someone changes the set-up: missing rights, a key of another type,
 * a command that the server lacks. Over HTTP it is a 500 (decision record 0064).
 */
export class RateLimiterFaultError extends KeywardError {
  constructor(cause: Error) {
    super('rate_limiter_fault', `Redis refused to count: ${cause.message}`);
  }
}

/** Requests cannot be counted, and are refused then. */
export class RateLimiterUnavailableError extends KeywardError {
  constructor(cause: unknown) {
    super('rate_limiter_unavailable', 'Try again in a moment; nothing was admitted.', {}, { cause });
  }
}
