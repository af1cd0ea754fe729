import * as fc from 'fast-check';
import type { UsageTally } from '../domain/usage';
import { UsageBuffer } from './usage-buffer';

const NOON = Date.parse('2027-01-31T12:00:00.000Z');
const HOUR = 3_600_000;

const at = (ms: number): Date => new Date(NOON + ms);
const tally = (keyId: string, hour: number, count: number, last: number): UsageTally => ({
  keyId,
  hour: at(hour * HOUR),
  count,
  lastUsedAt: at(last),
});

describe('the usage buffer', () => {
  it('counts uses by key and hour, with the time of the last use', () => {
    const buffer = new UsageBuffer(10);
    buffer.count('acme', NOON + 5);
    buffer.count('globex', NOON + 6);
    buffer.count('acme', NOON + 7);
    buffer.count('acme', NOON + 3);
    buffer.count('acme', NOON + HOUR - 1);
    buffer.count('acme', NOON + HOUR);
    expect(buffer.size).toBe(3);
    expect(buffer.take()).toEqual([
      tally('acme', 0, 4, HOUR - 1),
      tally('globex', 0, 1, 6),
      tally('acme', 1, 1, HOUR),
    ]);
  });

  it('counts uses in the right hour when the clock steps back', () => {
    const buffer = new UsageBuffer(10);
    buffer.count('acme', NOON);
    buffer.count('acme', NOON - 1);
    buffer.count('acme', NOON);
    expect(buffer.take()).toEqual([tally('acme', 0, 2, 0), tally('acme', -1, 1, -1)]);
  });

  it('is empty after its counts are taken, and counts further uses in the same hour from zero', () => {
    const buffer = new UsageBuffer(10);
    buffer.count('acme', NOON);
    buffer.take();
    expect([buffer.size, buffer.take()]).toEqual([0, []]);
    buffer.count('acme', NOON + 1);
    expect(buffer.take()).toEqual([tally('acme', 0, 1, 1)]);
  });

  it('does not change counts after they are taken', () => {
    const buffer = new UsageBuffer(10);
    buffer.count('acme', NOON);
    const taken = buffer.take();
    buffer.count('acme', NOON + 1);
    expect(taken).toEqual([tally('acme', 0, 1, 0)]);
  });

  it('rejects a use beyond its capacity, unless the key already has a count for that hour', () => {
    const buffer = new UsageBuffer(2);
    expect(buffer.count('acme', NOON)).toBe(true);
    expect(buffer.count('globex', NOON)).toBe(true);
    expect(buffer.count('initech', NOON)).toBe(false);
    expect(buffer.count('acme', NOON + 1)).toBe(true);
    expect(buffer.count('acme', NOON + HOUR)).toBe(false);
    expect(buffer.count('globex', NOON + 2)).toBe(true);
    expect(buffer.size).toBe(2);
    expect(buffer.take()).toEqual([tally('acme', 0, 2, 1), tally('globex', 0, 2, 2)]);
    expect(buffer.count('initech', NOON)).toBe(true);
  });

  it('adds counts that are put back, and drops those beyond its capacity', () => {
    const buffer = new UsageBuffer(2);
    buffer.count('acme', NOON + 5);
    const refused = [tally('acme', 0, 3, 9), tally('globex', 0, 4, 1), tally('initech', 0, 5, 1)];
    expect(buffer.putBack(refused)).toBe(5);
    buffer.count('globex', NOON + 2);
    expect(buffer.take()).toEqual([tally('acme', 0, 4, 9), tally('globex', 0, 5, 2)]);
  });

  it('returns or drops each use exactly once, after any number of failed writes', () => {
    const step = fc.oneof(
      fc.record({
        keyId: fc.constantFrom('acme', 'globex', 'initech'),
        ms: fc.integer({ min: -2 * HOUR, max: 2 * HOUR }),
      }),
      fc.constantFrom('take' as const, 'fail' as const),
    );
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 1, max: 8 }), (steps, capacity) => {
        const buffer = new UsageBuffer(capacity);
        const stored: UsageTally[] = [];
        let noted = 0;
        let dropped = 0;
        for (const each of steps) {
          if (each === 'take') stored.push(...buffer.take());
          else if (each === 'fail') dropped += buffer.putBack(buffer.take());
          else {
            noted += 1;
            if (!buffer.count(each.keyId, NOON + each.ms)) dropped += 1;
          }
          expect(buffer.size).toBeLessThanOrEqual(capacity);
        }
        stored.push(...buffer.take());
        expect(stored.reduce((sum, { count }) => sum + count, 0) + dropped).toBe(noted);
        for (const { hour, lastUsedAt } of stored) {
          expect(hour.getTime() % HOUR).toBe(0);
          expect(lastUsedAt.getTime() - hour.getTime()).toBeGreaterThanOrEqual(0);
          expect(lastUsedAt.getTime() - hour.getTime()).toBeLessThan(HOUR);
        }
      }),
    );
  });
});
