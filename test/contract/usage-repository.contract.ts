import { newKeyId } from '../../src/api-keys/domain/key-id';
import * as fc from 'fast-check';
import {
  type HourlyUse,
  type OutcomeCount,
  sumOf,
  USAGE_OUTCOMES,
  type UsageOutcome,
  type UsageSubject,
  type UsageTally,
} from '../../src/api-keys/domain/usage';
import type { UsageGroupQuery, UsageRepository } from '../../src/api-keys/ports/usage.repository';
import type { OpenedUsageRepository } from './usage-opened-repository';

const at = (time: string): Date => new Date(`2027-01-${time}Z`);
const SPAN = { from: at('01T00:00:00'), to: at('31T00:00:00') };

/** Returns the accepted requests of an hour as a store returns them. */
function hourly(time: string, count: number): HourlyUse {
  return { hour: at(time), count, outcomes: [{ outcome: 'VALID', count, cost: count }] };
}

function outcome(of: UsageOutcome, count: number, cost = count): OutcomeCount {
  return { outcome: of, count, cost };
}

/** Returns the uses of a key at a time. */
export function uses(keyId: string, time: string, count = 1): UsageTally {
  const outcomes = count === 0 ? [] : [{ outcome: 'VALID' as const, count, cost: count }];
  return { keyId, outcomes, hour: at(`${time.slice(0, 5)}:00:00`), lastUsedAt: at(time) };
}

/**
 * Checks what every store of usage guarantees.
 *
 * @param open returns an empty store, a new one each time
 */
export function describeUsageRepository(open: () => Promise<OpenedUsageRepository>): void {
  let opened: OpenedUsageRepository;
  let repository: UsageRepository;
  let acme: string;
  let globex: string;

  beforeEach(async () => {
    opened = await open();
    ({ repository } = opened);
    acme = newKeyId(new Date());
    globex = newKeyId(new Date());
  });

  afterEach(async () => {
    await opened.close();
  });

  it('returns the hourly uses of each key separately', async () => {
    await repository.add([
      uses(acme, '10T23:59:59', 3),
      uses(globex, '10T23:10:00', 70),
      uses(acme, '11T00:00:00', 4),
      uses(acme, '11T09:30:00', 5),
    ]);
    await expect(repository.usageOf(acme, SPAN)).resolves.toEqual({
      hours: [hourly('10T23:00:00', 3), hourly('11T00:00:00', 4), hourly('11T09:00:00', 5)],
      lastUsedAt: at('11T09:30:00'),
    });
    await expect(repository.usageOf(globex, SPAN)).resolves.toEqual({
      hours: [hourly('10T23:00:00', 70)],
      lastUsedAt: at('10T23:10:00'),
    });
  });

  it('adds later counts to the stored counts', async () => {
    await repository.add([uses(acme, '10T09:01:00', 3), uses(globex, '10T09:00:00', 2)]);
    await repository.add([uses(acme, '10T09:59:00', 4), uses(acme, '10T10:00:00', 1)]);
    await expect(repository.usageOf(acme, SPAN)).resolves.toEqual({
      hours: [hourly('10T09:00:00', 7), hourly('10T10:00:00', 1)],
      lastUsedAt: at('10T10:00:00'),
    });
  });

  it('keeps the latest time of use when a count arrives late', async () => {
    await repository.add([uses(acme, '10T09:30:00')]);
    await repository.add([uses(acme, '10T09:00:00'), uses(acme, '09T23:00:00')]);
    await expect(repository.lastUsed([acme])).resolves.toEqual(new Map([[acme, at('10T09:30:00')]]));
    await repository.add([uses(acme, '10T09:30:01'), uses(acme, '10T09:29:59')]);
    await expect(repository.lastUsed([acme])).resolves.toEqual(new Map([[acme, at('10T09:30:01')]]));
    expect((await repository.usageOf(acme, SPAN)).hours).toEqual([
      hourly('09T23:00:00', 1),
      hourly('10T09:00:00', 4),
    ]);
  });

  it('changes only the time of the last use when the count is 0', async () => {
    await repository.add([uses(acme, '10T09:30:00', 0)]);
    await expect(repository.usageOf(acme, SPAN)).resolves.toEqual({
      hours: [],
      lastUsedAt: at('10T09:30:00'),
    });
  });

  it('returns no hours and no last use for a key that was never used', async () => {
    await repository.add([uses(globex, '10T09:00:00')]);
    await repository.add([]);
    await expect(repository.usageOf(acme, SPAN)).resolves.toEqual({ hours: [] });
    await expect(repository.lastUsed([acme, globex])).resolves.toEqual(
      new Map([[globex, at('10T09:00:00')]]),
    );
    await expect(repository.lastUsed([])).resolves.toEqual(new Map());
  });

  it.each([
    ['a day', '10T00:00:00', '11T00:00:00', [1, 2, 4]],
    ['a range that ends just after the start of an hour', '10T09:00:00', '10T10:00:00.001', [2, 4]],
    ['a range that ends at the start of an hour', '10T09:00:00', '10T10:00:00', [2]],
    ['two days', '10T10:00:00', '12T00:00:00', [4, 8]],
    ['an hour without use', '10T11:00:00', '10T12:00:00', []],
    ['all days that can be requested', '09T23:00:00', '31T00:00:00', [1, 2, 4, 8]],
  ])('returns the hours of %s', async (_what, from, to, counts) => {
    await repository.add([
      uses(acme, '10T00:00:00', 1),
      uses(acme, '10T09:59:59', 2),
      uses(acme, '10T10:00:00', 4),
      uses(acme, '11T23:59:59', 8),
      uses(globex, '10T09:00:00', 16),
    ]);
    const { hours } = await repository.usageOf(acme, { from: at(from), to: at(to) });
    expect(hours.map(({ count }) => count)).toEqual(counts);
  });

  it('adds up the counts of 20 concurrent instances, including the first uses of a key', async () => {
    const instances = Array.from({ length: 20 }, (_, index) =>
      repository.add([uses(acme, `10T09:00:${10 + index}`, index + 1), uses(globex, '10T09:00:00', 2)]),
    );
    await Promise.all(instances);
    await expect(repository.usageOf(acme, SPAN)).resolves.toEqual({
      hours: [hourly('10T09:00:00', 210)],
      lastUsedAt: at('10T09:00:29'),
    });
    expect((await repository.usageOf(globex, SPAN)).hours).toEqual([hourly('10T09:00:00', 40)]);
  });

  it('deletes the counts of old days, but not the time of the last use', async () => {
    await repository.add([
      uses(acme, '09T23:59:59', 1),
      uses(acme, '10T00:00:00', 2),
      uses(globex, '09T00:00:00', 4),
    ]);
    await repository.prune(at('09T23:59:59.999'));
    expect((await repository.usageOf(acme, SPAN)).hours).toHaveLength(2);
    await repository.prune(at('10T00:00:00'));
    await repository.prune(at('10T23:59:59'));
    await expect(repository.usageOf(acme, SPAN)).resolves.toEqual({
      hours: [hourly('10T00:00:00', 2)],
      lastUsedAt: at('10T00:00:00'),
    });
    await expect(repository.usageOf(globex, SPAN)).resolves.toEqual({
      hours: [],
      lastUsedAt: at('09T00:00:00'),
    });
  });

  it('adds up each outcome and its cost separately, and omits the last use if there was none', async () => {
    const refused = { keyId: acme, hour: at('10T09:00:00'), outcomes: [outcome('REVOKED', 2, 12)] };
    await repository.add([refused, { ...refused, outcomes: [outcome('REVOKED', 1, 0)] }]);
    await repository.add([{ ...refused, outcomes: [outcome('RATE_LIMITED', 4)] }]);
    await expect(repository.usageOf(acme, SPAN)).resolves.toEqual({
      hours: [
        {
          hour: at('10T09:00:00'),
          count: 0,
          outcomes: [outcome('REVOKED', 3, 12), outcome('RATE_LIMITED', 4)],
        },
      ],
    });
    await expect(repository.lastUsed([acme])).resolves.toEqual(new Map());
  });

  it('keeps the address of the last use, and forgets it when the next one has none', async () => {
    const used = (time: string, lastAddress?: string): UsageTally => ({ ...uses(acme, time), lastAddress });
    await repository.add([used('10T09:00:01', '2001:db8::1'), used('10T09:00:02', '203.0.113.7')]);
    await repository.add([used('10T09:00:00', '203.0.113.9')]);
    expect((await repository.usageOf(acme, SPAN)).lastAddress).toBe('203.0.113.7');
    await repository.add([used('10T10:00:00')]);
    expect(await repository.usageOf(acme, SPAN)).not.toHaveProperty('lastAddress');
  });

  it('lists organisations and owners in the same order on all pages, with null for keys without one', async () => {
    const orgs = ['acme', 'acme-2', 'acme.eu', 'acme0', 'Acme', 'a', '~acme', 'acme:x', undefined];
    await repository.add(orgs.map((orgId) => ({ ...uses(acme, '10T09:00:00'), orgId, ownerId: 'bob' })));
    await repository.add([{ ...uses(acme, '10T09:00:00'), orgId: 'elsewhere', ownerId: 'eve' }]);
    await repository.add([{ ...uses(acme, '12T09:00:00'), orgId: 'later', ownerId: 'bob' }]);
    const span = { from: at('10T00:00:00'), to: at('11T00:00:00') };
    const listed = async (query: Omit<UsageGroupQuery, 'span'>): Promise<(string | null)[]> => {
      const { groups, next } = await repository.groups({ ...query, span });
      expect(groups.length).toBeLessThanOrEqual(query.limit);
      const names = groups.map(({ name }) => name);
      return next === undefined ? names : [...names, ...(await listed({ ...query, after: next }))];
    };
    const all = await listed({ by: 'org', limit: 100 });
    expect(new Set(all)).toEqual(new Set([...orgs.map((org) => org ?? null), 'elsewhere']));
    for (const limit of [1, 2, 3]) expect(await listed({ by: 'org', limit })).toEqual(all);
    const bobs = await listed({ by: 'org', ownerId: 'bob', limit: 2 });
    expect(bobs).toEqual(all.filter((name) => name !== 'elsewhere'));
    expect(await listed({ by: 'owner', limit: 1 })).toEqual(['bob', 'eve']);
    expect(await listed({ by: 'owner', orgId: 'acme', limit: 1 })).toEqual(['bob']);
    expect(await listed({ by: 'owner', orgId: 'acm', limit: 1 })).toEqual([]);
  });

  it('agrees with a model about the sums of keys, owners and organisations, also when keys move', async () => {
    const name = fc.constantFrom('acme', 'acme-2', 'globex', undefined);
    const use = fc.record({
      keyId: fc.constantFrom('k1', 'k2', 'k3'),
      orgId: name,
      ownerId: name,
      hours: fc.integer({ min: 0, max: 60 }),
      outcome: fc.constantFrom(...USAGE_OUTCOMES),
      cost: fc.integer({ min: 0, max: 1000 }),
    });
    type Use = typeof use extends fc.Arbitrary<infer T> ? T : never;
    const hourOfUse = ({ hours }: Use): Date => new Date(at('10T00:00:00').getTime() + hours * 3_600_000);
    const from = at('10T05:00:00');
    const to = at('12T03:00:00');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(use, { maxLength: 12 }), { maxLength: 4 }), async (flushes) => {
        const store = await open();
        const fresh = store.repository;
        for (const flush of flushes) {
          const tallies = flush.map((each) => {
            const { keyId, orgId, ownerId } = each;
            const outcomes = [outcome(each.outcome, 1, each.cost)];
            return { keyId, orgId, ownerId, hour: hourOfUse(each), outcomes };
          });
          await fresh.add(tallies);
        }
        const model = (wanted: (each: Use) => boolean): readonly OutcomeCount[] =>
          sumOf(
            flushes
              .flat()
              .filter((each) => wanted(each) && hourOfUse(each) >= from && hourOfUse(each) < to)
              .map((each) => outcome(each.outcome, 1, each.cost)),
          );
        const stored = async (subject: UsageSubject): Promise<readonly OutcomeCount[]> => {
          const [hours = []] = await fresh.hoursOf([subject], { from, to });
          return sumOf(hours.flatMap(({ outcomes }) => outcomes));
        };
        expect(await stored({})).toEqual(model(() => true));
        for (const keyId of ['k1', 'k2', 'k3'])
          expect(await stored({ keyId })).toEqual(model((each) => each.keyId === keyId));
        for (const orgId of ['acme', 'globex']) {
          expect(await stored({ orgId })).toEqual(model((each) => each.orgId === orgId));
          expect(await stored({ ownerId: orgId })).toEqual(model((each) => each.ownerId === orgId));
          const both = { orgId, ownerId: 'acme-2' };
          expect(await stored(both)).toEqual(
            model((each) => each.orgId === orgId && each.ownerId === 'acme-2'),
          );
        }
        for (const by of ['org', 'owner'] as const) {
          const { groups } = await fresh.groups({ by, span: { from, to }, limit: 10 });
          const nameOf = (each: Use): string | null => (by === 'org' ? each.orgId : each.ownerId) ?? null;
          for (const group of groups)
            expect(group.outcomes).toEqual(model((each) => nameOf(each) === group.name));
          expect(sumOf(groups.flatMap(({ outcomes }) => outcomes))).toEqual(model(() => true));
        }
        await store.close();
      }),
      { numRuns: 15 },
    );
  });

  it('answers a ping, with or without stored usage', async () => {
    await expect(repository.probe()).resolves.toBeUndefined();
    await repository.add([uses(acme, '10T09:00:00')]);
    await expect(repository.probe()).resolves.toBeUndefined();
  });

  it('cannot be changed through objects that it received or returned', async () => {
    const tally = uses(acme, '10T09:00:00');
    await repository.add([tally]);
    tally.lastUsedAt?.setTime(0);
    (await repository.lastUsed([acme])).get(acme)?.setTime(0);
    (await repository.usageOf(acme, SPAN)).hours[0]?.hour.setTime(0);
    await expect(repository.usageOf(acme, SPAN)).resolves.toEqual({
      hours: [hourly('10T09:00:00', 1)],
      lastUsedAt: at('10T09:00:00'),
    });
  });
}
