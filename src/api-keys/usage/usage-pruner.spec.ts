import { Logger } from '@nestjs/common';
import type { UsageRepository } from '../ports/usage.repository';
import { UsagePruner } from './usage-pruner';

const HOUR = 3_600_000;
const NOON = new Date('2027-01-31T12:00:00.000Z');

describe('the usage pruner', () => {
  const prune = jest.fn(async (_before: Date) => {});
  const clock = { now: () => new Date(NOON) };
  const options = { storage: 'memory', usage: { retentionDays: 30 } } as const;
  let pruner: UsagePruner;

  beforeEach(() => {
    jest.useFakeTimers();
    prune.mockReset();
    pruner = new UsagePruner({ prune } as unknown as UsageRepository, options, clock);
  });
  afterEach(() => {
    pruner.onModuleDestroy();
    jest.useRealTimers();
  });

  it('prunes once within the first hour, then once an hour', async () => {
    pruner.onApplicationBootstrap();
    expect(prune).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(HOUR);
    expect(prune.mock.calls).toEqual([[new Date('2027-01-01T12:00:00.000Z')]]);
    await jest.advanceTimersByTimeAsync(5 * HOUR);
    expect(prune).toHaveBeenCalledTimes(6);
  });

  it('prunes again an hour after a failure', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    prune.mockRejectedValueOnce(new Error('gone'));
    pruner.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(2 * HOUR);
    expect(prune).toHaveBeenCalledTimes(2);
  });

  it('stops when the application shuts down', async () => {
    pruner.onApplicationBootstrap();
    pruner.onModuleDestroy();
    await jest.advanceTimersByTimeAsync(5 * HOUR);
    expect([prune.mock.calls.length, jest.getTimerCount()]).toEqual([0, 0]);
  });

  it('does nothing if usage is not recorded', async () => {
    const off = new UsagePruner(null, options, clock);
    off.onApplicationBootstrap();
    expect(jest.getTimerCount()).toBe(0);
    await expect(off.prune()).resolves.toBeUndefined();
  });
});
