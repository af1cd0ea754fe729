import * as fc from 'fast-check';
import type { Charge, Consumption, LimitedSubject, RateLimit, RateLimiter } from 'keyward';

/** A rate limiter without counts, and its time. */
export interface OpenedLimiter {
  readonly limiter: RateLimiter;
  /** Moves the time of the limiter forward. */
  advance(seconds: number): Promise<void>;
}

const limit = (of: number, windowSeconds: number, name = 'default'): RateLimit => ({
  name,
  limit: of,
  windowSeconds,
});
const charge = (id: string, ...limits: readonly RateLimit[]): Charge => ({ kind: 'key', id, limits });
const left = ({ rateLimits }: Consumption): readonly number[] => rateLimits.map(({ remaining }) => remaining);

/** The rules that every rate limiter follows. */
export function describeRateLimiter(open: () => Promise<OpenedLimiter>, numRuns: number): void {
  let limiter: RateLimiter;
  let opened: OpenedLimiter;
  let id: string;
  let made = 0;

  beforeEach(async () => {
    opened = await open();
    ({ limiter } = opened);
    made += 1;
    id = `acme-${made}`;
  });

  /** Returns how many of these requests were allowed. */
  async function allowed(times: number, ...charges: readonly Charge[]): Promise<number> {
    let count = 0;
    for (let sent = 0; sent < times; sent += 1) {
      if ((await limiter.consume(charges, 1)).refusedBy === undefined) count += 1;
    }
    return count;
  }

  describe('a limit of two requests a minute', () => {
    const twice = limit(2, 60);

    it('allows two requests, returns how many remain, and rejects the third', async () => {
      const answers = [];
      for (let sent = 0; sent < 3; sent += 1) answers.push(await limiter.consume([charge(id, twice)], 1));
      const state = { of: 'key', ...twice, resetSeconds: 60 };
      expect(answers).toEqual([
        { rateLimits: [{ ...state, remaining: 1 }] },
        { rateLimits: [{ ...state, remaining: 0 }] },
        { rateLimits: [{ ...state, remaining: 0 }], refusedBy: { ...state, remaining: 0 } },
      ]);
    });

    it('resets after one minute, even if requests were rejected in between', async () => {
      expect(await allowed(5, charge(id, twice))).toBe(2);
      await opened.advance(59);
      expect((await limiter.consume([charge(id, twice)], 1)).refusedBy).toMatchObject({ resetSeconds: 1 });
      await opened.advance(1);
      expect(left(await limiter.consume([charge(id, twice)], 1))).toEqual([1]);
    });

    it('allows exactly two of twenty concurrent requests', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => limiter.consume([charge(id, twice)], 1)),
      );
      expect(answers.filter(({ refusedBy }) => refusedBy === undefined)).toHaveLength(2);
    });

    it('counts subjects of other kinds and with similar ids separately', async () => {
      const subjects: readonly Charge[] = [
        charge(`${id}:b`, twice),
        { kind: 'org', id: `${id}:b`, limits: [twice] },
        { kind: 'owner', id: `${id}:b`, limits: [twice] },
        charge(id, twice),
        charge(`1:${id}`, twice),
        charge(`${id}}`, twice),
        charge(`{${id}`, twice),
      ];
      for (const subject of subjects) expect(await allowed(3, subject)).toBe(2);
    });
  });

  describe('several limits', () => {
    it('all have room, or the request is rejected and counts for none of them', async () => {
      const burst = limit(3, 10, 'burst');
      const daily = limit(5, 86_400, 'daily');
      const key = charge(id, burst, daily);
      expect(await allowed(4, key)).toBe(3);
      expect(left(await limiter.consume([key], 1))).toEqual([0, 2]);
      await opened.advance(10);
      expect(await allowed(4, key)).toBe(2);
      const { rateLimits, refusedBy } = await limiter.consume([key], 1);
      expect(left({ rateLimits })).toEqual([1, 0]);
      expect(refusedBy).toMatchObject({ of: 'key', name: 'daily', resetSeconds: 86_390 });
    });

    it('of several subjects count for all of them or for none', async () => {
      const [one, other] = [charge(`${id}-1`, limit(10, 60)), charge(`${id}-2`, limit(10, 60))];
      const org: Charge = { kind: 'org', id, limits: [limit(3, 60, 'shared')] };
      expect(await allowed(2, one, org)).toBe(2);
      expect(await allowed(2, other, org)).toBe(1);
      const refused = await limiter.consume([other, org], 1);
      expect([left(refused), refused.refusedBy]).toMatchObject([[9, 0], { of: 'org', name: 'shared' }]);
      expect(left(await limiter.consume([other], 1))).toEqual([8]);
    });

    it('without room: the answer names the one that has room last', async () => {
      const key = charge(id, limit(1, 60, 'minute'), limit(1, 3600, 'hour'), limit(1, 10, 'short'));
      await limiter.consume([key], 1);
      expect((await limiter.consume([key], 1)).refusedBy).toMatchObject({ name: 'hour' });
    });
  });

  describe('the cost of a request', () => {
    it('counts as that many requests, and is rejected as a whole if there is room for less', async () => {
      const key = charge(id, limit(10, 60));
      expect(left(await limiter.consume([key], 7))).toEqual([3]);
      const refused = await limiter.consume([key], 4);
      expect([left(refused), refused.refusedBy?.name]).toEqual([[3], 'default']);
      expect(left(await limiter.consume([key], 3))).toEqual([0]);
    });

    it('is rejected by a limit below it, which the answer names', async () => {
      const key = charge(id, limit(1000, 60, 'wide'), limit(5, 1, 'burst'));
      expect((await limiter.consume([key], 6)).refusedBy).toMatchObject({ name: 'burst', limit: 5 });
      expect(left(await limiter.consume([key], 5))).toEqual([995, 0]);
    });
  });

  describe('a change of limits', () => {
    it('keeps the count if the limit is raised, lowered or renamed', async () => {
      expect(await allowed(3, charge(id, limit(2, 60)))).toBe(2);
      expect(await allowed(5, charge(id, limit(5, 60)))).toBe(3);
      expect(left(await limiter.consume([charge(id, limit(6, 60, 'renamed'))], 1))).toEqual([0]);
      expect(await allowed(1, charge(id, limit(1, 60)))).toBe(0);
    });

    it('starts a new window with what was used, whether it is longer or shorter', async () => {
      expect(await allowed(2, charge(id, limit(2, 60)))).toBe(2);
      const longer = await limiter.consume([charge(id, limit(2, 90))], 1);
      expect(longer.refusedBy).toMatchObject({ remaining: 0, resetSeconds: 90 });
      const shorter = charge(id, limit(3, 10));
      expect(left(await limiter.consume([shorter], 1))).toEqual([0]);
      await opened.advance(5);
      expect((await limiter.consume([shorter], 1)).refusedBy).toMatchObject({ resetSeconds: 5 });
      await opened.advance(5);
      expect(left(await limiter.consume([shorter], 1))).toEqual([2]);
    });

    it('does not restart a new window when a request is rejected', async () => {
      expect(await allowed(2, charge(id, limit(2, 3600)))).toBe(2);
      for (const resetSeconds of [10, 7, 4, 1]) {
        const { refusedBy } = await limiter.consume([charge(id, limit(2, 10))], 1);
        expect(refusedBy).toMatchObject({ resetSeconds });
        await opened.advance(3);
      }
      expect(await allowed(3, charge(id, limit(2, 10)))).toBe(2);
    });

    it('keeps the count of a limit that is removed and added again', async () => {
      const [daily, burst] = [limit(5, 86_400, 'daily'), limit(100, 10, 'burst')];
      expect(await allowed(3, charge(id, daily, burst))).toBe(3);
      expect(await allowed(4, charge(id, burst))).toBe(4);
      await opened.advance(20);
      expect(await allowed(4, charge(id, burst))).toBe(4);
      expect(left(await limiter.consume([charge(id, daily)], 1))).toEqual([0]);
    });

    it('does not fill a short window from a long one when the short one restarts', async () => {
      const both = [limit(2, 10, 'burst'), limit(100, 3600, 'hourly')];
      for (let window = 0; window < 5; window += 1) {
        expect(await allowed(3, charge(id, ...both))).toBe(2);
        await opened.advance(10);
      }
    });

    it('never allows more than the lowest limit while the windows last, whatever replaces them [T120]', async () => {
      const change = fc.record({
        limits: fc.array(
          fc.record({
            name: fc.constantFrom('a', 'b'),
            limit: fc.integer({ min: 1, max: 8 }),
            windowSeconds: fc.integer({ min: 100, max: 200 }),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        cost: fc.integer({ min: 1, max: 3 }),
        times: fc.integer({ min: 1, max: 4 }),
        seconds: fc.integer({ min: 0, max: 3 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes) => {
          made += 1;
          const subject = `acme-${made}`;
          let total = 0;
          for (const { limits, cost, times, seconds } of changes) {
            for (let sent = 0; sent < times; sent += 1) {
              const { refusedBy } = await limiter.consume([charge(subject, ...limits)], cost);
              if (refusedBy === undefined) total += cost;
            }
            if (seconds > 0) await opened.advance(seconds);
          }
          expect(total).toBeLessThanOrEqual(8);
        }),
        { numRuns },
      );
    });
  });

  it('agrees with a simple model about any charges, costs, times and changes of limits [T120]', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (taken) => {
        made += 1;
        const model = new Model();
        for (const { subjects, cost, seconds } of taken) {
          await opened.advance(seconds);
          model.now += seconds;
          const charges = subjects.map(({ kind, id: own, limits: all }): Charge => ({
            kind,
            id: `acme-${made}-${own}`,
            limits: all,
          }));
          const { rateLimits, refusedBy } = await limiter.consume(charges, cost);
          const isAllowed = refusedBy === undefined;
          expect({ rateLimits, isAllowed }).toMatchObject(model.consume(charges, cost));
        }
      }),
      { numRuns },
    );
  });
}

const limits = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    limit: fc.integer({ min: 1, max: 12 }),
    windowSeconds: fc.constantFrom(5, 20, 21, 90),
  }),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name },
);
const subjects = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom<LimitedSubject>('key', 'org'),
    id: fc.constantFrom('1', '2'),
    limits,
  }),
  { minLength: 1, maxLength: 3, selector: ({ kind, id }) => kind + id },
);
const steps = fc.record({
  subjects,
  cost: fc.integer({ min: 1, max: 4 }),
  seconds: fc.constantFrom(0, 0, 0, 1, 4, 16, 80),
});

interface ModelWindow {
  readonly from: number;
  readonly seed: number;
}

/** Remembers every allowed request, and adds up those of a window. */
class Model {
  now = 0;
  private readonly windows = new Map<string, Map<number, ModelWindow>>();
  private readonly requests: { readonly subject: string; readonly at: number; readonly cost: number }[] = [];
  private order = 0;

  consume(charges: readonly Charge[], cost: number): object {
    const states = charges.flatMap((each) => {
      const subject = `${each.kind} ${each.id}`;
      const windows = this.current(subject, each.limits);
      return each.limits.map((own) => {
        const { from, seed } = windows.get(own.windowSeconds) ?? { from: 0, seed: 0 };
        const used = this.used(subject, { from, seed });
        return { subject, own, used, endsIn: Math.floor(from) + own.windowSeconds - this.now };
      });
    });
    const isAllowed = states.every(({ own, used }) => used + cost <= own.limit);
    this.order += 1e-6;
    if (isAllowed) {
      for (const subject of new Set(states.map((each) => each.subject))) {
        this.requests.push({ subject, at: this.now + this.order, cost });
      }
    }
    return {
      rateLimits: states.map(({ own, used, endsIn }) => ({
        name: own.name,
        remaining: Math.max(0, own.limit - used - (isAllowed ? cost : 0)),
        resetSeconds: endsIn,
      })),
      isAllowed,
    };
  }

  private used(subject: string, { from, seed }: ModelWindow): number {
    const counted = this.requests.filter((each) => each.subject === subject && each.at > from);
    return seed + counted.reduce((sum, { cost }) => sum + cost, 0);
  }

  /** Begins the windows of the limits, and forgets those that ended and that no limit uses. */
  private current(subject: string, asked: readonly RateLimit[]): ReadonlyMap<number, ModelWindow> {
    const windows = this.windows.get(subject) ?? new Map<number, ModelWindow>();
    this.windows.set(subject, windows);
    const isLive = ([seconds, { from }]: [number, ModelWindow]): boolean =>
      Math.floor(from) + seconds > this.now;
    const largest = Math.max(
      0,
      ...[...windows].filter(isLive).map(([, window]) => this.used(subject, window)),
    );
    const seconds = new Set(asked.map(({ windowSeconds }) => windowSeconds));
    for (const each of windows) if (!isLive(each) && !seconds.has(each[0])) windows.delete(each[0]);
    for (const each of seconds) {
      const known = windows.get(each);
      if (known === undefined) windows.set(each, { from: this.now + this.order, seed: largest });
      else if (!isLive([each, known])) windows.set(each, { from: this.now + this.order, seed: 0 });
    }
    return windows;
  }
}
