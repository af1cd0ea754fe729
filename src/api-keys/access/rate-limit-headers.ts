import type { RateLimitState } from '../ports/rate-limiter';

/**
 * Returns the headers with the state of a rate limit: `RateLimit` and `RateLimit-Policy` of the IETF draft
 * draft-ietf-httpapi-ratelimit-headers, and `Retry-After` (RFC 9110 section 10.2.3) if the request is rejected.
 */
export function rateLimitHeaders(state: RateLimitState): Record<string, string> {
  return {
    'RateLimit-Policy': `"key";q=${state.limit};w=${state.windowSeconds}`,
    RateLimit: `"key";r=${state.remaining};t=${state.resetSeconds}`,
    ...(!state.allowed && { 'Retry-After': String(state.resetSeconds) }),
  };
}
