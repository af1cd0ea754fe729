import * as fc from 'fast-check';
import { LocalRateLimiter } from './local-rate-limiter';

const twice = { limit: 2, windowSeconds: 60 };

beforeEach(() => void jest.useFakeTimers({ now: new Date('2027-01-31T12:00:00.000Z') }));
afterEach(() => void jest.useRealTimers());

describe('a limit of two requests a minute', () => {
  it('allows two requests, returns how many remain, and rejects the third', async () => {
    const limiter = new LocalRateLimiter();
    const states = [await limiter.consume('acme', twice), await limiter.consume('acme', twice)];
    expect([...states, await limiter.consume('acme', twice)]).toEqual([
      { ...twice, allowed: true, remaining: 1, resetSeconds: 60 },
      { ...twice, allowed: true, remaining: 0, resetSeconds: 60 },
      { ...twice, allowed: false, remaining: 0, resetSeconds: 60 },
    ]);
  });

  it('resets after exactly one minute, even if requests were rejected in between', async () => {
    const limiter = new LocalRateLimiter();
    for (let time = 0; time < 5; time += 1) await limiter.consume('acme', twice);
    jest.advanceTimersByTime(59_500);
    expect(await limiter.consume('acme', twice)).toMatchObject({ allowed: false, resetSeconds: 1 });
    jest.advanceTimersByTime(501);
    expect(await limiter.consume('acme', twice)).toMatchObject({
      allowed: true,
      remaining: 1,
      resetSeconds: 60,
    });
  });

  it('counts acme and globex separately', async () => {
    const limiter = new LocalRateLimiter();
    for (let time = 0; time < 3; time += 1) await limiter.consume('acme', twice);
    expect(await limiter.consume('globex', twice)).toMatchObject({ allowed: true, remaining: 1 });
  });

  it('keeps its count when the allowed number of requests changes', async () => {
    const limiter = new LocalRateLimiter();
    for (let time = 0; time < 3; time += 1) await limiter.consume('acme', twice);
    expect(await limiter.consume('acme', { ...twice, limit: 5 })).toMatchObject({
      allowed: true,
      remaining: 1,
    });
    expect(await limiter.consume('acme', { ...twice, limit: 1 })).toMatchObject({
      allowed: false,
      remaining: 0,
    });
  });

  it('keeps its count when the window becomes longer', async () => {
    const limiter = new LocalRateLimiter();
    for (let time = 0; time < 3; time += 1) await limiter.consume('acme', twice);
    expect(await limiter.consume('acme', { limit: 2, windowSeconds: 90 })).toEqual({
      limit: 2,
      windowSeconds: 90,
      allowed: false,
      remaining: 0,
      resetSeconds: 60,
    });
  });
});

describe('a limit with a shortened window', () => {
  it('keeps its count until the end of the new window', async () => {
    const limiter = new LocalRateLimiter();
    for (let time = 0; time < 3; time += 1) await limiter.consume('acme', { limit: 2, windowSeconds: 3600 });
    const short = { limit: 2, windowSeconds: 10 };
    expect(await limiter.consume('acme', short)).toEqual({
      ...short,
      allowed: false,
      remaining: 0,
      resetSeconds: 10,
    });
    jest.advanceTimersByTime(5000);
    expect(await limiter.consume('acme', short)).toMatchObject({ allowed: false, resetSeconds: 5 });
    jest.advanceTimersByTime(5001);
    expect(await limiter.consume('acme', short)).toMatchObject({
      allowed: true,
      remaining: 1,
      resetSeconds: 10,
    });
  });
});

describe('a random limit', () => {
  it('allows exactly its number of requests in a window', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.nat(40), async (limit, requests) => {
        const limiter = new LocalRateLimiter();
        let allowed = 0;
        for (let time = 0; time < requests; time += 1) {
          const state = await limiter.consume('acme', { limit, windowSeconds: 60 });
          if (state.allowed) allowed += 1;
          expect(state.remaining).toBe(limit - allowed);
        }
        expect(allowed).toBe(Math.min(limit, requests));
      }),
    );
  });
});
