import { problemOf } from '../../problems/problem';
import { ProblemException } from '../../problems/problem.exception';
import type { RateLimitState } from '../ports/rate-limiter';
import type { Limited } from '../verification/verification';

/**
 * Returns the headers with the state of all rate limits that apply: `RateLimit` and `RateLimit-Policy` of the IETF draft
 * draft-ietf-httpapi-ratelimit-headers. Each limit has the name of its subject and its own name, such as `key:default`.
 */
export function rateLimitHeaders(limits: readonly RateLimitState[] = []): Record<string, string> {
  if (limits.length === 0) return {};
  const list = (of: (limit: RateLimitState) => string): string =>
    limits.map((each) => `"${each.of}:${each.name}";${of(each)}`).join(', ');
  return {
    'RateLimit-Policy': list(({ limit, windowSeconds }) => `q=${limit};w=${windowSeconds}`),
    RateLimit: list(({ remaining, resetSeconds }) => `r=${remaining};t=${resetSeconds}`),
  };
}

/**
 * Returns the problem for a request above a rate limit. It has `Retry-After` (RFC 9110 section 10.2.3), unless the request costs
 * more than the limit ever allows.
 */
export function limitProblem({ rateLimits, refusedBy, retryAfter }: Limited): ProblemException {
  const { of, name, limit, windowSeconds } = refusedBy;
  const named = { limit: { of, name, limit, windowSeconds } };
  const headers = rateLimitHeaders(rateLimits);
  if (retryAfter === undefined) {
    const detail = `The request costs more than the limit "${name}" allows in a window. Ask for less, or for a higher limit.`;
    return new ProblemException(problemOf('cost_exceeds_limit', detail, named), headers);
  }
  return new ProblemException(
    problemOf('rate_limited', 'Try again after the number of seconds in Retry-After.', {
      ...named,
      retryAfter,
    }),
    { ...headers, 'Retry-After': String(retryAfter) },
  );
}
