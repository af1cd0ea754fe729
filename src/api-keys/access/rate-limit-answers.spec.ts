import type { RateLimitState } from '../ports/rate-limiter';
import type { Limited } from '../verification/verification';
import { limitProblem, rateLimitHeaders } from './rate-limit-answers';

const own: RateLimitState = {
  of: 'key',
  name: 'default',
  limit: 10,
  windowSeconds: 60,
  remaining: 3,
  resetSeconds: 42,
};
const shared: RateLimitState = { ...own, of: 'org', limit: 1000, remaining: 0, resetSeconds: 7 };

describe('the headers of rate limits', () => {
  it('contain the remaining requests and the time until the reset of each limit', () => {
    expect(rateLimitHeaders([own, shared])).toEqual({
      'RateLimit-Policy': '"key:default";q=10;w=60, "org:default";q=1000;w=60',
      RateLimit: '"key:default";r=3;t=42, "org:default";r=0;t=7',
    });
  });

  it.each([[undefined], [[]]])('are absent without limits: %j', (limits) => {
    expect(rateLimitHeaders(limits)).toEqual({});
  });
});

describe('the problem of a request above a limit', () => {
  const limited = { rateLimits: [own, shared], refusedBy: shared } as unknown as Limited;

  it('names the limit, and when it has room again', () => {
    const { problem, headers } = limitProblem({ ...limited, retryAfter: 7 });
    expect(problem).toMatchObject({
      status: 429,
      code: 'rate_limited',
      limit: { of: 'org', name: 'default', limit: 1000, windowSeconds: 60 },
      retryAfter: 7,
    });
    expect(headers).toEqual({ ...rateLimitHeaders([own, shared]), 'Retry-After': '7' });
  });

  it('has no time for a retry if the request costs more than the limit allows', () => {
    const { problem, headers } = limitProblem({ ...limited, retryAfter: undefined });
    expect(problem).toMatchObject({ status: 403, code: 'cost_exceeds_limit', limit: { name: 'default' } });
    expect([problem.retryAfter, headers['Retry-After']]).toEqual([undefined, undefined]);
    expect(problem.detail).toContain('costs more than the limit "default" allows');
  });
});
