import { KeywardError } from '../../problems/keyward.error';

/**
 * Redis rejects commands until someone changes its setup: missing rights, a key of another type, or an unsupported command.
 * Over HTTP, the status is 500 (decision record 0064).
 */
export class RateLimiterFaultError extends KeywardError {
  constructor(cause: Error) {
    super('rate_limiter_fault', `Redis rejected a command to count a request: ${cause.message}`);
  }
}

/** Requests cannot be counted and are therefore rejected. */
export class RateLimiterUnavailableError extends KeywardError {
  constructor(cause: unknown) {
    super('rate_limiter_unavailable', 'The request was not processed. Try again in a moment.', {}, { cause });
  }
}
