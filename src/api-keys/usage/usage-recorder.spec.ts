import { Logger } from '@nestjs/common';
import { register } from 'prom-client';
import type { UsageTally } from '../domain/usage';
import { StorageUnavailableError } from '../../problems/storage.errors';
import { UsageNotWrittenError, type UsageRepository } from '../ports/usage.repository';
import { MAX_USAGE_BACKLOG, UsageRecorder } from './usage-recorder';

const NOON = Date.parse('2027-01-31T12:00:00.000Z');

const ADDRESS = '203.0.113.7';

/** A store whose behaviour the test defines. */
class Store {
  readonly batches: (readonly UsageTally[])[] = [];
  readonly add = jest.fn(async (tallies: readonly UsageTally[]): Promise<undefined> => {
    this.batches.push(tallies);
  });
  readonly probe = jest.fn(async (): Promise<undefined> => {});

  /** Returns the stored counts by key. */
  counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { keyId, outcomes } of this.batches.flat())
      counts[keyId] = (counts[keyId] ?? 0) + (outcomes[0]?.count ?? 0);
    return counts;
  }
}

const tally = (keyId: string, count: number, last: number): UsageTally => ({
  keyId,
  hour: new Date(NOON),
  outcomes: count === 0 ? [] : [{ outcome: 'VALID', count, cost: count }],
  lastUsedAt: new Date(NOON + last),
  lastAddress: ADDRESS,
});

const away = new StorageUnavailableError(new Error('gone'));

function recorderOver(store: Store | null, addresses?: boolean): UsageRecorder {
  return new UsageRecorder(store as unknown as UsageRepository, {
    storage: 'memory',
    usage: { flushMs: 1000, addresses },
  });
}

function use(recorder: UsageRecorder, keyId: string, times: number): void {
  for (let n = 0; n < times; n += 1)
    recorder.count({ id: keyId }, 'VALID', 1, NOON + n, { clientAddress: ADDRESS });
}

/** Returns an operation that the test ends. */
function pending(): { readonly promise: Promise<undefined>; end(): void } {
  const ends: (() => void)[] = [];
  const promise = new Promise<undefined>((resolve) => {
    ends.push(() => resolve(undefined));
  });
  return { promise, end: () => ends.forEach((end) => end()) };
}

async function metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  const found = await register.getSingleMetric(name)?.get();
  const wanted = found?.values.find(({ labels: have }) =>
    Object.entries(labels).every(([label, value]) => Reflect.get(have, label) === value),
  );
  return wanted?.value ?? 0;
}

const backlog = async (): Promise<number> => metric('keyward_usage_backlog');
const dropped = async (reason: string): Promise<number> => metric('keyward_usage_dropped_total', { reason });
const flushes = async (outcome: string): Promise<number> =>
  metric('keyward_usage_flushes_total', { outcome });

describe('the usage recorder', () => {
  let store: Store;
  let recorder: UsageRecorder;
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

  beforeEach(() => {
    jest.useFakeTimers();
    warn.mockClear();
    register.resetMetrics();
    store = new Store();
    recorder = recorderOver(store);
    recorder.onApplicationBootstrap();
  });
  afterEach(async () => {
    jest.useRealTimers();
    store.add.mockResolvedValue(undefined);
    await recorder.beforeApplicationShutdown();
    await recorder.onApplicationShutdown();
  });

  it('writes the uses of all keys in one batch per interval, and writes nothing without uses', async () => {
    use(recorder, 'acme', 1000);
    use(recorder, 'globex', 500);
    expect([store.add.mock.calls.length, await backlog()]).toEqual([0, 2]);
    await jest.advanceTimersByTimeAsync(1000);
    expect(store.batches).toEqual([[tally('acme', 1000, 999), tally('globex', 500, 499)]]);
    await jest.advanceTimersByTimeAsync(5000);
    expect([store.add.mock.calls.length, store.probe.mock.calls.length]).toEqual([1, 0]);
    expect([await backlog(), await flushes('written')]).toEqual([0, 1]);
  });

  it('runs one write at a time, and writes the uses that it counts meanwhile with the next one', async () => {
    const slow = pending();
    store.add.mockReturnValueOnce(slow.promise);
    use(recorder, 'acme', 3);
    await jest.advanceTimersByTimeAsync(1000);
    use(recorder, 'acme', 4);
    await jest.advanceTimersByTimeAsync(5000);
    expect(store.add).toHaveBeenCalledTimes(1);
    slow.end();
    await jest.advanceTimersByTimeAsync(1000);
    expect(store.add).toHaveBeenCalledTimes(2);
    expect(store.counts()).toEqual({ acme: 4 });
  });

  it('keeps counts that were not written, and writes them when the store answers again', async () => {
    store.add.mockRejectedValueOnce(new UsageNotWrittenError(new Error('no server')));
    store.probe.mockRejectedValue(away);
    use(recorder, 'acme', 3);
    await jest.advanceTimersByTimeAsync(1000);
    use(recorder, 'acme', 4);
    use(recorder, 'globex', 5);
    await jest.advanceTimersByTimeAsync(3000);
    expect([store.add.mock.calls.length, store.probe.mock.calls.length]).toEqual([1, 3]);
    expect([await backlog(), await flushes('kept')]).toEqual([2, 4]);
    expect(warn).toHaveBeenCalledTimes(1);

    store.probe.mockResolvedValue(undefined);
    await jest.advanceTimersByTimeAsync(1000);
    expect(store.counts()).toEqual({ acme: 7, globex: 5 });
    expect([await backlog(), await dropped('unknown'), await flushes('written')]).toEqual([0, 0, 1]);
    use(recorder, 'acme', 1);
    await jest.advanceTimersByTimeAsync(1000);
    expect(store.probe).toHaveBeenCalledTimes(4);
  });

  it('drops counts that may have been written, but still stores the time of the last use', async () => {
    store.add.mockRejectedValueOnce(away);
    use(recorder, 'acme', 3);
    await jest.advanceTimersByTimeAsync(1000);
    expect([await dropped('unknown'), await flushes('unknown')]).toEqual([3, 1]);
    await jest.advanceTimersByTimeAsync(1000);
    expect(store.batches).toEqual([[tally('acme', 0, 2)]]);
  });

  it('keeps at most the maximum backlog, and counts dropped uses in a metric', async () => {
    for (let key = 0; key < MAX_USAGE_BACKLOG + 7; key += 1)
      recorder.count({ id: `key ${key}` }, 'VALID', 1, NOON, { clientAddress: ADDRESS });
    recorder.count({ id: 'key 0' }, 'VALID', 1, NOON + 1, { clientAddress: ADDRESS });
    expect([await backlog(), await dropped('full')]).toEqual([MAX_USAGE_BACKLOG, 7]);
    store.add.mockRejectedValueOnce(new UsageNotWrittenError(new Error('no server')));
    const slow = pending();
    store.probe.mockReturnValueOnce(slow.promise);
    await jest.advanceTimersByTimeAsync(1000);
    expect(await backlog()).toBe(MAX_USAGE_BACKLOG);
    slow.end();
    await jest.advanceTimersByTimeAsync(2000);
    expect(store.batches.map((batch) => batch.length)).toEqual([MAX_USAGE_BACKLOG]);
    expect(await backlog()).toBe(0);
  });

  it('does not keep the process alive for the next flush', () => {
    jest.useRealTimers();
    const timers = jest.spyOn(globalThis, 'setInterval');
    const other = recorderOver(store);
    other.onApplicationBootstrap();
    const timer = timers.mock.results[0]?.value as NodeJS.Timeout;
    timers.mockRestore();
    expect(timer.hasRef()).toBe(false);
    clearInterval(timer);
  });

  it('writes its counts at shutdown, and again after the server has closed', async () => {
    use(recorder, 'acme', 3);
    await recorder.beforeApplicationShutdown();
    expect(store.counts()).toEqual({ acme: 3 });
    use(recorder, 'globex', 2);
    await recorder.onApplicationShutdown();
    expect(store.counts()).toEqual({ acme: 3, globex: 2 });
    use(recorder, 'globex', 2);
    await jest.advanceTimersByTimeAsync(5000);
    expect(store.add).toHaveBeenCalledTimes(2);
  });

  it('waits at shutdown for the current write, then writes the rest', async () => {
    const slow = pending();
    store.add.mockReturnValueOnce(slow.promise);
    use(recorder, 'acme', 3);
    await jest.advanceTimersByTimeAsync(1000);
    use(recorder, 'acme', 4);
    const over = recorder.beforeApplicationShutdown();
    await jest.advanceTimersByTimeAsync(100);
    expect(store.add).toHaveBeenCalledTimes(1);
    slow.end();
    await over;
    expect(store.counts()).toEqual({ acme: 4 });
  });

  it('shuts down in time if the store does not answer, and reports how many uses are lost', async () => {
    store.probe.mockRejectedValue(away);
    store.add.mockRejectedValueOnce(new UsageNotWrittenError(new Error('no server')));
    use(recorder, 'acme', 3);
    await jest.advanceTimersByTimeAsync(1000);
    const silence = pending();
    store.probe.mockReturnValue(silence.promise);
    let ended = false;
    const over = (async () => {
      await recorder.beforeApplicationShutdown();
      await recorder.onApplicationShutdown();
      ended = true;
    })();
    await jest.advanceTimersByTimeAsync(7000);
    expect(ended).toBe(true);
    await over;
    expect([await dropped('shutdown'), await backlog()]).toEqual([3, 0]);
    silence.end();
    await jest.advanceTimersByTimeAsync(1000);
    expect(store.batches).toEqual([]);
  });

  it('drops rejected requests whose write may have happened, and has nothing left to store for them', async () => {
    store.add.mockRejectedValueOnce(away);
    recorder.count({ id: 'acme' }, 'REVOKED', 1, NOON, { clientAddress: ADDRESS });
    await jest.advanceTimersByTimeAsync(2000);
    expect([await dropped('unknown'), await backlog(), store.batches]).toEqual([1, 0, []]);
  });

  it('stores no address if addresses are not kept', async () => {
    const without = recorderOver(store, false);
    use(without, 'acme', 1);
    await without.flush();
    expect(store.batches).toEqual([[{ ...tally('acme', 1, 0), lastAddress: undefined }]]);
  });

  it('counts nothing if usage is not recorded', async () => {
    const off = recorderOver(null);
    off.onApplicationBootstrap();
    use(off, 'acme', 3);
    await off.flush();
    expect([jest.getTimerCount(), await backlog()]).toEqual([1, 0]);
  });

  it('adds to the same metrics as other modules of the process, without key ids', async () => {
    const others = new Store();
    const other = recorderOver(others);
    use(recorder, 'acme', 1);
    use(other, 'acme', 1);
    use(other, 'globex', 1);
    expect(await backlog()).toBe(3);
    await other.flush();
    expect(await backlog()).toBe(1);
    expect(await register.metrics()).not.toMatch(/acme|globex/);
  });
});
