import { KeywardError } from '../../problems/keyward.error';

/** Requests cannot be counted, and are refused then. */
export class RateLimiterUnavailableError extends KeywardError {
  constructor(cause: unknown) {
    super('rate_limiter_unavailable', 'Try again in a moment; nothing was admitted.', {}, { cause });
  }
}
