import { HeldReads, settled } from '../../../test/support/held-reads';
import { ScriptedFeed } from '../../../test/support/scripted-feed';
import { StorageUnavailableError } from '../../problems/storage.errors';
import { FreshCache, type FreshCacheOptions } from './fresh-cache';

interface Note {
  readonly id: string;
  readonly text: string;
}

const MAX_AGE = 800;
const [ACME, GLOBEX] = ['of acme', 'of globex'];
const note = (id: string, text: string): Note => ({ id, text });

let time: number;
let feed: ScriptedFeed;
let store: HeldReads<Note>;
let cache: FreshCache<Note>;

beforeEach(() => {
  time = 10_000;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  feed = new ScriptedFeed();
  store = new HeldReads();
  cache = open();
});

afterEach(() => {
  jest.restoreAllMocks();
});

function open(options: Partial<FreshCacheOptions<Note>> = {}): FreshCache<Note> {
  return new FreshCache({ max: 10, maxAgeMs: MAX_AGE, feed, load: store.load, ...options });
}

/** Reads a record, and completes the read with this value. */
async function readAs(value: Note): Promise<void> {
  const reading = cache.read(value.id);
  store.at(store.begun.length - 1).answer(value);
  await reading;
}

describe('a fresh cache', () => {
  it('returns a record while the last proof of the feed is younger than the maximum age', async () => {
    await readAs(note(ACME, 'first'));
    feed.prove();
    expect(cache.peek(ACME, time)).toEqual(note(ACME, 'first'));
    expect(cache.peek(ACME, time + MAX_AGE - 1)).toEqual(note(ACME, 'first'));
    expect(cache.peek(ACME, time + MAX_AGE)).toBeUndefined();
    expect(cache.peek(GLOBEX, time)).toBeUndefined();
    expect([cache.hits, cache.reads, cache.size]).toEqual([2, 1, 1]);
  });

  it('returns nothing before the first proof of the feed', async () => {
    await readAs(note(ACME, 'first'));
    expect(cache.peek(ACME, time)).toBeUndefined();
    feed.prove();
    expect(cache.peek(ACME, time)).toEqual(note(ACME, 'first'));
  });

  it('subscribes to the feed once, before the first read', async () => {
    expect(feed.audience).toBe(0);
    void cache.read(ACME).catch(() => undefined);
    void cache.read(GLOBEX).catch(() => undefined);
    expect(feed.audience).toBe(1);
  });

  it('removes only the record that changed, or all records if any of them may have changed', async () => {
    feed.prove();
    for (const id of [ACME, GLOBEX]) await readAs(note(id, 'first'));
    feed.say(ACME);
    expect([cache.peek(ACME, time), cache.peek(GLOBEX, time)]).toEqual([undefined, note(GLOBEX, 'first')]);
    feed.sayEverythingChanged();
    expect([cache.peek(GLOBEX, time), cache.size]).toEqual([undefined, 0]);
  });

  it('calls onChange for each change', async () => {
    let told = 0;
    cache = open({ onChange: () => (told += 1) });
    await readAs(note(ACME, 'first'));
    feed.say(GLOBEX);
    feed.sayEverythingChanged();
    expect(told).toBe(2);
  });

  it('never exceeds its maximum size', async () => {
    cache = open({ max: 3 });
    feed.prove();
    for (let index = 0; index < 50; index += 1) {
      await readAs(note(`record ${index}`, ''));
      expect(cache.size).toBeLessThanOrEqual(3);
    }
    expect(cache.size).toBe(3);
  });

  it('caches nothing without a feed: each call is a linearizable read', async () => {
    cache = open({ feed: undefined });
    for (const text of ['first', 'second']) await readAs(note(ACME, text));
    expect([cache.peek(ACME, time), cache.size, cache.reads]).toEqual([undefined, 0, 2]);
    expect(store.begun.map(({ linearizable }) => linearizable)).toEqual([true, true]);
  });

  it('is not stale without a feed', async () => {
    cache = open({ feed: undefined });
    await readAs(note(ACME, 'first'));
    expect(cache.isStale).toBe(false);
  });

  it('does not cache that a record is missing', async () => {
    feed.prove();
    for (const index of [0, 1]) {
      const reading = cache.read(ACME);
      store.at(index).answer(null);
      expect((await reading).value).toBeNull();
    }
    expect([cache.size, cache.reads]).toEqual([0, 2]);
  });

  it('caches a record under its stored id, not under the requested id', async () => {
    feed.prove();
    const reading = cache.read('a part of a token');
    store.at(0).answer(note(ACME, 'first'));
    await reading;
    expect(cache.peek('a part of a token', time)).toBeUndefined();
    expect(cache.peek(ACME, time)).toEqual(note(ACME, 'first'));
  });
});

describe('reads of one record', () => {
  it('share one query if they are concurrent', async () => {
    const readings = Array.from({ length: 1000 }, async () => cache.read(ACME));
    const other = cache.read(GLOBEX);
    expect(store.begun.map(({ id }) => id)).toEqual([ACME, GLOBEX]);
    store.at(0).answer(note(ACME, 'first'));
    store.at(1).answer(note(GLOBEX, 'theirs'));
    expect(new Set((await Promise.all(readings)).map(({ value }) => value?.text))).toEqual(
      new Set(['first']),
    );
    expect((await other).value?.text).toBe('theirs');
  });

  it('fail together with the query that they share, and begin a new one afterwards', async () => {
    const readings = [cache.read(ACME), cache.read(ACME)];
    store.at(0).fail(new StorageUnavailableError(new Error('away')));
    for (const reading of readings) await expect(reading).rejects.toThrow(StorageUnavailableError);
    await readAs(note(ACME, 'first'));
    feed.prove();
    expect(cache.peek(ACME, time)).toEqual(note(ACME, 'first'));
  });

  it('do not join a query that began before the given time', async () => {
    const older = cache.read(ACME);
    time += 1;
    const younger = cache.read(ACME, time);
    const joining = cache.read(ACME, time);
    expect(store.begun).toHaveLength(2);
    store.at(1).answer(note(ACME, 'second'));
    store.at(0).answer(note(ACME, 'first'));
    const texts = (await Promise.all([older, younger, joining])).map(({ value }) => value?.text);
    expect(texts).toEqual(['first', 'second', 'second']);
    feed.prove();
    expect(cache.peek(ACME, time)).toEqual(note(ACME, 'second'));
  });

  it('start a new query if the query in progress is as old as the maximum age', async () => {
    feed.prove();
    const hanging = cache.read(ACME);
    time += MAX_AGE;
    feed.prove();
    const fresh = cache.read(ACME);
    expect(store.begun).toHaveLength(2);
    store.at(1).answer(note(ACME, 'second'));
    expect((await fresh).value?.text).toBe('second');
    store.at(0).answer(note(ACME, 'first'));
    await settled();
    expect(cache.peek(ACME, time)).toEqual(note(ACME, 'second'));
    store.begun[2]?.answer(note(ACME, 'second'));
    await hanging;
  });

  it('are linearizable only while the feed is stale', async () => {
    const states: [boolean, () => void][] = [
      [true, () => undefined],
      [false, () => feed.prove()],
      [false, () => void (time += MAX_AGE - 1)],
      [true, () => void (time += 1)],
      [false, () => feed.prove()],
    ];
    for (const [, arrange] of states) {
      arrange();
      await readAs(note(ACME, ''));
    }
    expect(store.begun.map(({ linearizable }) => linearizable)).toEqual(states.map(([stale]) => stale));
  });

  it('do not join a query that is not linearizable after the feed becomes stale', async () => {
    feed.prove();
    time += MAX_AGE - 1;
    const weaker = cache.read(ACME);
    time += 1;
    const stronger = cache.read(ACME);
    expect(store.begun.map(({ linearizable }) => linearizable)).toEqual([false, true]);
    for (const index of [0, 1]) store.at(index).answer(note(ACME, `${index}`));
    expect((await stronger).value?.text).toBe('1');
    // The weaker result is out of date by now, so the cache reads again.
    await settled();
    store.at(2).answer(note(ACME, '2'));
    expect((await weaker).value?.text).toBe('2');
  });
});

describe('reads of records that are not in memory', () => {
  const MAX_WAITING = 1000;

  it('fail while a thousand others wait for the store, but reads of cached records succeed [T39]', async () => {
    await readAs(note(ACME, 'known'));
    const waiting = Array.from({ length: MAX_WAITING }, async (_, index) => cache.read(`made up ${index}`));
    const joining = cache.read('made up 0');
    await expect(cache.read('one too many')).rejects.toThrow(StorageUnavailableError);
    expect(store.begun).toHaveLength(1 + MAX_WAITING);
    await readAs(note(ACME, 'known'));

    store.at(1).fail(new StorageUnavailableError(new Error('away')));
    store.at(2).answer(null);
    await expect(waiting[0]).rejects.toThrow(StorageUnavailableError);
    await expect(joining).rejects.toThrow(StorageUnavailableError);
    const next = [cache.read(GLOBEX), cache.read('made up again')];
    await expect(cache.read('one too many')).rejects.toThrow(StorageUnavailableError);
    for (const each of store.begun.slice(3)) each.answer(null);
    await Promise.all([...waiting.slice(1), ...next]);
    await readAs(note('room again', ''));
  });

  it('cause one linearizable read while the feed is stale, even if there are 500 [T39]', async () => {
    feed.followsPrimary = true;
    const readings = Array.from({ length: 500 }, async (_, index) => cache.read(`made up ${index}`));
    await settled();
    store.at(0).answer(null);
    await settled();
    for (const each of store.begun.slice(1)) each.answer(null);
    await Promise.all(readings);
    expect(store.begun.filter(({ linearizable }) => linearizable)).toHaveLength(1);
    expect(store.begun).toHaveLength(500);
  });
});

describe('a fresh cache after a change of the primary', () => {
  it('discards a read in progress and repeats it [T38]', async () => {
    feed.prove();
    const reading = cache.read(ACME);
    feed.provenAt = -Infinity;
    feed.sayEverythingChanged();
    store.at(0).answer(note(ACME, 'from before the revocation, from a primary that lags behind'));
    await settled();
    expect(cache.size).toBe(0);
    expect(store.begun.map(({ linearizable }) => linearizable)).toEqual([false, true]);
    store.at(1).answer(note(ACME, 'revoked'));
    expect((await reading).value?.text).toBe('revoked');
  });
});

describe('a read with a late result', () => {
  it('causes one more read before the deadline, and StorageUnavailableError if that is late too', async () => {
    const reading = cache.read(ACME, undefined, time + MAX_AGE + 200);
    time += MAX_AGE;
    store.at(0).answer(note(ACME, 'late'));
    await settled();
    expect(store.begun).toHaveLength(2);
    time += MAX_AGE;
    store.at(1).answer(note(ACME, 'late again'));
    await expect(reading).rejects.toThrow(StorageUnavailableError);
    expect(store.begun).toHaveLength(2);
  });

  it('does not start at or after the deadline', async () => {
    await expect(cache.read(ACME, undefined, time)).rejects.toThrow(StorageUnavailableError);
    expect(store.begun).toHaveLength(0);
  });

  it('times out at the deadline', async () => {
    const given: (number | undefined)[] = [];
    cache = open({
      load: async (id, { timeoutMs }) => {
        given.push(timeoutMs);
        return note(id, 'first');
      },
    });
    await cache.read(ACME, undefined, time + 300);
    await cache.read(GLOBEX);
    expect(given).toEqual([300, Infinity]);
  });

  it('returns the result of a second read if that is in time', async () => {
    const reading = cache.read(ACME);
    time += MAX_AGE;
    store.at(0).answer(note(ACME, 'late'));
    await settled();
    time += MAX_AGE - 1;
    store.at(1).answer(note(ACME, 'in time'));
    await expect(reading).resolves.toEqual({
      value: note(ACME, 'in time'),
      begunAt: 10_000 + MAX_AGE,
      trueAt: 10_000 + MAX_AGE,
    });
  });

  it('returns the late result if the feed proves that nothing has changed since the read began', async () => {
    const reading = cache.read(ACME);
    time += MAX_AGE;
    feed.prove();
    store.at(0).answer(note(ACME, 'late, and true'));
    expect((await reading).value?.text).toBe('late, and true');
    expect((await reading).trueAt).toBe(time);
  });

  it.each<[string, () => void]>([
    ['its record has changed', () => feed.say(ACME)],
    ['any record may have changed', () => feed.sayEverythingChanged()],
  ])('reads again despite a proof of the feed if %s', async (_what, change) => {
    const reading = cache.read(ACME);
    time += MAX_AGE;
    change();
    feed.prove();
    store.at(0).answer(note(ACME, 'late and old'));
    await settled();
    expect(store.begun).toHaveLength(2);
    store.at(1).answer(note(ACME, 'new'));
    expect((await reading).value?.text).toBe('new');
    expect(cache.peek(ACME, time)).toEqual(note(ACME, 'new'));
  });

  it('has a trueAt before a change that the feed announces after the result', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      store = new HeldReads();
      cache = open();
      feed.prove();
      const reading = cache.read(ACME);
      time += 100;
      store.at(0).answer(note(ACME, 'old'));
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      feed.say(ACME);
      feed.prove();
      expect((await reading).trueAt).toBeLessThan(time);
      expect(cache.peek(ACME, time)).toBeUndefined();
    }
  });
});

/** The cache without the generation check: it caches every read. */
class UncheckedCache extends FreshCache<Note> {}

const land = Reflect.get(FreshCache.prototype, 'land') as (...landing: unknown[]) => unknown;
Reflect.set(
  UncheckedCache.prototype,
  'land',
  function landUnchecked(this: UncheckedCache, id: string, flight: object, ...read: unknown[]): unknown {
    Reflect.set(flight, 'isCurrent', true);
    return land.call(this, id, flight, ...read);
  },
);

/**
 * Runs readers, writers and a feed concurrently, with a random delay before each step. Counts how often the cache returns a
 * record that is older than a change that the feed has announced.
 */
async function servedPastTheirAnnouncement(Cache: typeof FreshCache<Note>): Promise<number> {
  const versions = new Map([ACME, GLOBEX].map((id) => [id, { stored: 0, announced: 0 }]));
  let seed = 7;
  const someTurns = async (): Promise<void> => {
    seed = (seed * 16_807) % 2_147_483_647;
    for (let turn = seed % 9; turn > 0; turn -= 1) await Promise.resolve();
  };
  const raced = new Cache({
    max: 10,
    maxAgeMs: MAX_AGE,
    feed,
    load: async (id) => {
      await someTurns();
      const text = String(versions.get(id)?.stored);
      await someTurns();
      return note(id, text);
    },
  });
  feed.prove();
  let wrong = 0;
  await Promise.all(
    [...versions].flatMap(([id, version]) => {
      const readers = Array.from({ length: 4 }, async () => {
        for (let round = 0; round < 200; round += 1) {
          if (raced.peek(id, time) === undefined) await raced.read(id);
          await someTurns();
          const served = raced.peek(id, time);
          if (served !== undefined && Number(served.text) < version.announced) wrong += 1;
        }
      });
      const writer = (async () => {
        for (let round = 0; round < 200; round += 1) {
          version.stored += 1;
          const { stored } = version;
          await someTurns();
          version.announced = stored;
          feed.say(id);
          await someTurns();
        }
      })();
      return readers.concat(writer);
    }),
  );
  expect(raced.hits).toBeGreaterThan(100);
  return wrong;
}

/** Returns the cached record after a read that began before a change and ended after it. */
async function servedAfterTheChange(
  Cache: typeof FreshCache<Note>,
  announce: () => void,
): Promise<Note | undefined> {
  const raced = new Cache({ max: 10, maxAgeMs: MAX_AGE, feed, load: store.load });
  feed.prove();
  const reading = raced.read(ACME);
  announce();
  store.at(0).answer(note(ACME, 'before the change'));
  await settled();
  const served = raced.peek(ACME, time);
  // If another server may have responded, the cache reads once more.
  store.begun[1]?.answer(null);
  await reading;
  return served;
}

describe('the cache, when records change during a read', () => {
  it.each<[string, () => void]>([
    ['its record changed', () => feed.say(ACME)],
    ['everything may have changed', () => feed.sayEverythingChanged()],
  ])('does not keep the result if the feed announces that %s', async (_what, announce) => {
    await expect(servedAfterTheChange(FreshCache, announce)).resolves.toBeUndefined();
  });

  it('keeps the result if only other records changed', async () => {
    const served = await servedAfterTheChange(FreshCache, () => feed.say(GLOBEX));
    expect(served).toEqual(note(ACME, 'before the change'));
  });

  it('returns no outdated record to concurrent readers [T41]', async () => {
    await expect(servedPastTheirAnnouncement(FreshCache)).resolves.toBe(0);
  });

  it('returns outdated records if it does not check for changes during a read [T41]', async () => {
    const served = await servedAfterTheChange(UncheckedCache, () => feed.say(ACME));
    expect(served).toEqual(note(ACME, 'before the change'));
    await expect(servedPastTheirAnnouncement(UncheckedCache)).resolves.toBeGreaterThan(0);
  });
});
