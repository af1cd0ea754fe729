import * as fc from 'fast-check';
import { LocalRateLimiter } from './local-rate-limiter';

const twice = { limit: 2, windowSeconds: 60 };

beforeEach(() => void jest.useFakeTimers({ now: new Date('2027-01-31T12:00:00.000Z') }));
afterEach(() => void jest.useRealTimers());

describe('a limit of two requests a minute', () => {
  it('takes two, says what is left, and refuses the third', async () => {
    const limiter = new LocalRateLimiter();
    const states = [await limiter.consume('acme', twice), await limiter.consume('acme', twice)];
    expect([...states, await limiter.consume('acme', twice)]).toEqual([
      { ...twice, allowed: true, remaining: 1, resetSeconds: 60 },
      { ...twice, allowed: true, remaining: 0, resetSeconds: 60 },
      { ...twice, allowed: false, remaining: 0, resetSeconds: 60 },
    ]);
  });

  it('begins anew when the minute is over, and not before, also where refused in between', async () => {
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

  it('is counted for acme and for globex apart', async () => {
    const limiter = new LocalRateLimiter();
    for (let time = 0; time < 3; time += 1) await limiter.consume('acme', twice);
    expect(await limiter.consume('globex', twice)).toMatchObject({ allowed: true, remaining: 1 });
  });

  it('is compared with what was counted, where the limit changes', async () => {
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

  it('goes on counting where its window changes, so that nobody gets a fresh count by changing it', async () => {
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

describe('a limit whose window was shortened', () => {
  it('ends when the new window says, and counts on till then', async () => {
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

describe('any limit', () => {
  it('lets in just as many requests of a window as it says', async () => {
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
