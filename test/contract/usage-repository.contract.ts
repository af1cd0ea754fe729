import { newKeyId } from '../../src/api-keys/domain/key-id';
import type { HourlyUse, UsageTally } from '../../src/api-keys/domain/usage';
import type { UsageRepository } from '../../src/api-keys/ports/usage.repository';
import type { OpenedUsageRepository } from './usage-opened-repository';

const at = (time: string): Date => new Date(`2027-01-${time}Z`);
const SPAN = { from: at('01T00:00:00'), to: at('31T00:00:00') };

/** Returns the accepted requests of an hour as a store returns them. */
function hourly(time: string, count: number): HourlyUse {
  return { hour: at(time), count, outcomes: [{ outcome: 'VALID', count, cost: count }] };
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
