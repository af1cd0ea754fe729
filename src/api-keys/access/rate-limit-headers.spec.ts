import { rateLimitHeaders } from './rate-limit-headers';

const state = { limit: 10, windowSeconds: 60, allowed: true, remaining: 3, resetSeconds: 42 };

describe('the headers of a rate limit', () => {
  it('tell a client what it has left, and until when', () => {
    expect(rateLimitHeaders(state)).toEqual({
      'RateLimit-Policy': '"key";q=10;w=60',
      RateLimit: '"key";r=3;t=42',
    });
  });

  it('do not ask a client to wait that has used the last of it', () => {
    expect(rateLimitHeaders({ ...state, remaining: 0 })).not.toHaveProperty('Retry-After');
  });

  it('ask a client to wait that was refused', () => {
    expect(rateLimitHeaders({ ...state, allowed: false, remaining: 0 })).toEqual({
      'RateLimit-Policy': '"key";q=10;w=60',
      RateLimit: '"key";r=0;t=42',
      'Retry-After': '42',
    });
  });
});
