import { rateLimitHeaders } from './rate-limit-headers';

const state = { limit: 10, windowSeconds: 60, allowed: true, remaining: 3, resetSeconds: 42 };

describe('the headers of a rate limit', () => {
  it('contain the remaining requests and the time until the reset', () => {
    expect(rateLimitHeaders(state)).toEqual({
      'RateLimit-Policy': '"key";q=10;w=60',
      RateLimit: '"key";r=3;t=42',
    });
  });

  it('contain no Retry-After for the last allowed request', () => {
    expect(rateLimitHeaders({ ...state, remaining: 0 })).not.toHaveProperty('Retry-After');
  });

  it('contain Retry-After for a rejected request', () => {
    expect(rateLimitHeaders({ ...state, allowed: false, remaining: 0 })).toEqual({
      'RateLimit-Policy': '"key";q=10;w=60',
      RateLimit: '"key";r=0;t=42',
      'Retry-After': '42',
    });
  });
});
