import * as fc from 'fast-check';
import { sumOf, type UsageTally } from '../domain/usage';
import { UsageBuffer } from './usage-buffer';

const NOON = Date.parse('2027-01-31T12:00:00.000Z');
const HOUR = 3_600_000;
const ADDRESS = '203.0.113.7';

const at = (ms: number): Date => new Date(NOON + ms);
const tally = (keyId: string, hour: number, count: number, last: number): UsageTally => ({
  keyId,
  orgId: 'acme',
  ownerId: undefined,
  hour: at(hour * HOUR),
  outcomes: [{ outcome: 'VALID', count, cost: count }],
  lastUsedAt: at(last),
  lastAddress: ADDRESS,
});

function use(buffer: UsageBuffer, id: string, ms: number): boolean {
  return buffer.count({ id, orgId: 'acme' }, 'VALID', 1, ms, { clientAddress: ADDRESS });
}

describe('the usage buffer', () => {
  it('counts uses by key and hour, with the time of the last use', () => {
    const buffer = new UsageBuffer(10);
    use(buffer, 'acme', NOON + 5);
    use(buffer, 'globex', NOON + 6);
    use(buffer, 'acme', NOON + 7);
    use(buffer, 'acme', NOON + 3);
    use(buffer, 'acme', NOON + HOUR - 1);
    use(buffer, 'acme', NOON + HOUR);
    expect(buffer.size).toBe(3);
    expect(buffer.take()).toEqual([
      tally('acme', 0, 4, HOUR - 1),
      tally('globex', 0, 1, 6),
      tally('acme', 1, 1, HOUR),
    ]);
  });

  it('counts uses in the right hour when the clock steps back', () => {
    const buffer = new UsageBuffer(10);
    use(buffer, 'acme', NOON);
    use(buffer, 'acme', NOON - 1);
    use(buffer, 'acme', NOON);
    expect(buffer.take()).toEqual([tally('acme', 0, 2, 0), tally('acme', -1, 1, -1)]);
  });

  it('is empty after its counts are taken, and counts further uses in the same hour from zero', () => {
    const buffer = new UsageBuffer(10);
    use(buffer, 'acme', NOON);
    buffer.take();
    expect([buffer.size, buffer.take()]).toEqual([0, []]);
    use(buffer, 'acme', NOON + 1);
    expect(buffer.take()).toEqual([tally('acme', 0, 1, 1)]);
  });

  it('does not change counts after they are taken', () => {
    const buffer = new UsageBuffer(10);
    use(buffer, 'acme', NOON);
    const taken = buffer.take();
    use(buffer, 'acme', NOON + 1);
    expect(taken).toEqual([tally('acme', 0, 1, 0)]);
  });

  it('rejects a use beyond its capacity, unless the key already has a count for that hour', () => {
    const buffer = new UsageBuffer(2);
    expect(use(buffer, 'acme', NOON)).toBe(true);
    expect(use(buffer, 'globex', NOON)).toBe(true);
    expect(use(buffer, 'initech', NOON)).toBe(false);
    expect(use(buffer, 'acme', NOON + 1)).toBe(true);
    expect(use(buffer, 'acme', NOON + HOUR)).toBe(false);
    expect(use(buffer, 'globex', NOON + 2)).toBe(true);
    expect(buffer.size).toBe(2);
    expect(buffer.take()).toEqual([tally('acme', 0, 2, 1), tally('globex', 0, 2, 2)]);
    expect(use(buffer, 'initech', NOON)).toBe(true);
  });

  it('adds counts that are put back, and drops those beyond its capacity', () => {
    const buffer = new UsageBuffer(2);
    use(buffer, 'acme', NOON + 5);
    const refused = [tally('acme', 0, 3, 9), tally('globex', 0, 4, 1), tally('initech', 0, 5, 1)];
    expect(buffer.putBack(refused)).toBe(5);
    use(buffer, 'globex', NOON + 2);
    expect(buffer.take()).toEqual([tally('acme', 0, 4, 9), tally('globex', 0, 5, 2)]);
  });

  it('counts each outcome and its cost separately, and the time and address of accepted requests only', () => {
    const buffer = new UsageBuffer(10);
    const key = { id: 'k1', orgId: 'acme', ownerId: 'bob' };
    buffer.count(key, 'VALID', 5, NOON + 1, { clientAddress: ADDRESS });
    buffer.count(key, 'VALID', 0, NOON + 2, undefined);
    buffer.count(key, 'RATE_LIMITED', 7, NOON + 3, { clientAddress: '203.0.113.8' });
    buffer.count(key, 'RATE_LIMITED', 1, NOON + 4, { clientAddress: '203.0.113.8' });
    buffer.count({ id: 'k2' }, 'REVOKED', 1, NOON + 5, { clientAddress: ADDRESS });
    const taken = buffer.take();
    expect(taken).toEqual([
      {
        keyId: 'k1',
        orgId: 'acme',
        ownerId: 'bob',
        hour: at(0),
        outcomes: [
          { outcome: 'VALID', count: 2, cost: 5 },
          { outcome: 'RATE_LIMITED', count: 2, cost: 8 },
        ],
        lastUsedAt: at(2),
        lastAddress: ADDRESS,
      },
      { keyId: 'k2', hour: at(0), outcomes: [{ outcome: 'REVOKED', count: 1, cost: 1 }] },
    ]);
    expect(taken[1]).not.toHaveProperty('lastUsedAt');
  });

  it('reads the address of the clients of a key at most once a second', () => {
    const buffer = new UsageBuffer(10);
    const read = jest.fn(() => ADDRESS);
    const client = Object.defineProperty({ clientAddress: undefined }, 'clientAddress', { get: read });
    for (const ms of [0, 1, 999, 1000, 1999]) buffer.count({ id: 'k' }, 'VALID', 1, NOON + ms, client);
    expect(read).toHaveBeenCalledTimes(2);
    buffer.count({ id: 'k' }, 'VALID', 1, NOON + 2000, { clientAddress: '203.0.113.8' });
    expect(buffer.take()).toMatchObject([{ lastAddress: '203.0.113.8', lastUsedAt: at(2000) }]);
  });

  it('attributes requests to the organisation and owner at the time of use, within its capacity', () => {
    const buffer = new UsageBuffer(2);
    const count = (orgId: string, ownerId?: string): boolean =>
      buffer.count({ id: 'k', orgId, ownerId }, 'VALID', 1, NOON, undefined);
    expect([count('acme'), count('globex'), count('acme'), count('acme', 'bob')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    const taken = buffer.take();
    expect(taken.map(({ orgId, outcomes }) => [orgId, outcomes[0]?.count])).toEqual([
      ['acme', 2],
      ['globex', 1],
    ]);
    expect(buffer.putBack(taken)).toBe(0);
    expect(buffer.take()).toEqual(taken);
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
            if (!use(buffer, each.keyId, NOON + each.ms)) dropped += 1;
          }
          expect(buffer.size).toBeLessThanOrEqual(capacity);
        }
        stored.push(...buffer.take());
        expect((sumOf(stored.flatMap(({ outcomes }) => outcomes))[0]?.count ?? 0) + dropped).toBe(noted);
        for (const { hour, lastUsedAt = hour } of stored) {
          expect(hour.getTime() % HOUR).toBe(0);
          expect(lastUsedAt.getTime() - hour.getTime()).toBeGreaterThanOrEqual(0);
          expect(lastUsedAt.getTime() - hour.getTime()).toBeLessThan(HOUR);
        }
      }),
    );
  });
});
