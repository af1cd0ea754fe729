import { HeldReads, settled } from '../../../test/support/held-reads';
import { ScriptedFeed } from '../../../test/support/scripted-feed';
import { StorageUnavailableError } from '../../problems/storage.errors';
import { ProvenReads, type ProvenReading } from './proven-reads';

const MAX_AGE = 800;
const QUARTER_OF_BOUND = 250;

let time: number;
let feed: ScriptedFeed;
let store: HeldReads<string>;
let reads: ProvenReads;

beforeEach(() => {
  time = 10_000;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  feed = new ScriptedFeed();
  feed.followsPrimary = true;
  store = new HeldReads();
  reads = new ProvenReads(feed, MAX_AGE);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const read = async (id = 'acme', deadline = Infinity): Promise<ProvenReading<string | null>> =>
  reads.read((how) => store.load(id, how), deadline);
const levels = (): readonly boolean[] => store.begun.map(({ linearizable }) => linearizable);

async function prove(): Promise<void> {
  const proving = read();
  store.at(store.begun.length - 1).answer('proof');
  await proving;
}

describe('one linearizable read without a proof of the feed', () => {
  it('proves the primary for a quarter of the bound, and later majority reads count as old as it', async () => {
    await prove();
    const provenAt = time;
    for (const later of [1, QUARTER_OF_BOUND - 1]) {
      time = provenAt + later;
      const reading = read('globex');
      store.at(store.begun.length - 1).answer('theirs');
      await expect(reading).resolves.toEqual({ value: 'theirs', trueAt: provenAt });
    }
    time = provenAt + QUARTER_OF_BOUND;
    await prove();
    expect(levels()).toEqual([true, false, false, true]);
  });

  it('proves the primary from the time when it began, even if its result is late', async () => {
    const proving = read();
    const begunAt = time;
    time += 200;
    store.at(0).answer('proof');
    await expect(proving).resolves.toEqual({ value: 'proof', trueAt: begunAt });
    time += QUARTER_OF_BOUND - 200;
    await prove();
    expect(levels()).toEqual([true, true]);
  });

  it('proves the primary for a thousand concurrent reads, which wait for it', async () => {
    const readings = Array.from({ length: 1000 }, async (_, index) => read(`made up ${index}`));
    await settled();
    expect(levels()).toEqual([true]);
    store.at(0).answer(null);
    await settled();
    expect(levels()).toEqual([true, ...Array.from({ length: 999 }, () => false)]);
    for (const each of store.begun.slice(1)) each.answer(null);
    expect(new Set((await Promise.all(readings)).map(({ trueAt }) => trueAt))).toEqual(new Set([time]));
  });

  it('proves the primary for waiting reads if it is slow, but not if it exceeds the maximum age', async () => {
    const [first, second] = [read('acme'), read('globex')];
    const begunAt = time;
    time += MAX_AGE - 1;
    store.at(0).answer('slow');
    await first;
    await settled();
    store.at(1).answer('theirs');
    await expect(second).resolves.toEqual({ value: 'theirs', trueAt: begunAt });

    const [third, fourth] = [read('acme'), read('globex')];
    time += MAX_AGE;
    store.at(2).answer('too slow');
    await third;
    await settled();
    expect(levels()).toEqual([true, false, true, true]);
    store.at(3).answer('theirs');
    await expect(fourth).resolves.toEqual({ value: 'theirs', trueAt: time });
  });

  it('is repeated once if it fails, and a second failure fails all waiting reads', async () => {
    const readings = Array.from({ length: 100 }, async () => read().catch((error: unknown) => error));
    await settled();
    for (const index of [0, 1]) {
      store.at(index).fail(new StorageUnavailableError(new Error('away')));
      await settled();
    }
    const outcomes = await Promise.all(readings);
    expect(outcomes.every((outcome) => outcome instanceof StorageUnavailableError)).toBe(true);
    expect(levels()).toEqual([true, true]);
  });

  it('is repeated for each read if the feed does not announce a new primary', async () => {
    feed.followsPrimary = false;
    await prove();
    await prove();
    expect(levels()).toEqual([true, true]);
  });
});

describe('a change of the primary', () => {
  it('invalidates a proof, so that the next read is linearizable', async () => {
    await prove();
    reads.everythingChanged();
    await prove();
    expect(levels()).toEqual([true, true]);
  });

  it('invalidates a proof whose read is still in progress', async () => {
    const proving = read();
    reads.everythingChanged();
    store.at(0).answer('of the former primary, perhaps');
    await proving;
    await prove();
    expect(levels()).toEqual([true, true]);
  });

  it.each<[string, () => Promise<void>]>([
    ['a proof', prove],
    ['the feed', async () => feed.prove()],
  ])('causes a second read if the result of the first one relied on %s', async (_what, rely) => {
    await rely();
    const begun = store.begun.length;
    const reading = reads.recent((how) => store.load('acme', how), Infinity);
    feed.provenAt = -Infinity;
    feed.sayEverythingChanged();
    store.at(begun).answer('active, says one that lags behind');
    await settled();
    expect(levels().slice(begun)).toEqual([false, true]);
    store.at(begun + 1).answer('disabled');
    await expect(reading).resolves.toBe('disabled');
  });
});

describe('a read that relies on the feed', () => {
  it('counts as old as the proof of the feed, not as old as its own start [T37]', async () => {
    feed.prove();
    const provenAt = time;
    time += MAX_AGE - 1;
    const reading = read();
    time += 500;
    store.at(0).answer('active');
    await expect(reading).resolves.toEqual({ value: 'active', trueAt: provenAt });
    expect(levels()).toEqual([false]);
  });
});

describe('a slow store', () => {
  it('is not read at or after the deadline, which causes StorageUnavailableError', async () => {
    await expect(read('acme', time)).rejects.toThrow(StorageUnavailableError);
    expect(store.begun).toHaveLength(0);
  });

  it('is read again until the deadline, and then causes StorageUnavailableError', async () => {
    const outcome = reads
      .recent((how) => store.load('acme', how), time + MAX_AGE + 1)
      .catch((error: unknown) => error);
    for (const index of [0, 1]) {
      time += MAX_AGE;
      store.at(index).answer('old');
      await settled();
    }
    expect(await outcome).toBeInstanceOf(StorageUnavailableError);
    expect(store.begun).toHaveLength(2);
  });
});
