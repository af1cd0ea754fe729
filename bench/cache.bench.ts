import { LRUCache } from 'lru-cache';
import { SieveCache } from '../src/api-keys/verification/sieve-cache';
import { claim, intervalOf, print, printTable } from './kit/report';
import { interleave, microseconds } from './kit/rounds';
import { median, ratio } from './kit/statistics';

const ENTRIES = 50_000;
const HOT = 1000;
const CALLS = 1_000_000;
const TRACE = 2_000_000;

interface Cache {
  get(key: string): object | undefined;
  set(key: string, value: object): unknown;
}

/** Keeps the compiler from removing unused results. */
let sink = 0;

async function main(): Promise<void> {
  const hot = Array.from({ length: HOT }, (_none, index) => keyOf(index * (ENTRIES / HOT)));
  const filled = <C extends Cache>(cache: C): C => {
    for (let index = 0; index < ENTRIES; index += 1) cache.set(keyOf(index), { index });
    return cache;
  };
  const sieve = filled(new SieveCache<object>(ENTRIES));
  const lru = filled(new LRUCache<string, object>({ max: ENTRIES }));
  // One call site each, so that neither slows down the other.
  const figures = await interleave({
    sieve: () =>
      microseconds(CALLS, (index) => {
        if (sieve.get(hot[index % HOT] ?? '') !== undefined) sink += 1;
      }),
    lru: () =>
      microseconds(CALLS, (index) => {
        if (lru.get(hot[index % HOT] ?? '') !== undefined) sink += 1;
      }),
  });
  if (sink % CALLS !== 0) throw new Error('not all were hits');
  printTable(
    ['get() of 1,000 hot among 50,000', 'ns a call', 'to lru-cache'],
    [
      ['SieveCache', median(figures.sieve) * 1000, intervalOf(ratio(figures.sieve, figures.lru))],
      ['lru-cache', median(figures.lru) * 1000, '1'],
    ],
  );
  printHitRatios();
  claim('SieveCache.get(), relative to lru-cache,', ratio(figures.sieve, figures.lru), { atMost: 1 });
}

/** Requests keys with Zipf-distributed popularity, from ten times as many keys as the cache can hold. */
function printHitRatios(): void {
  const rows = [0.8, 0.9, 1].map((skew) => {
    const trace = zipfTrace(ENTRIES, skew);
    const max = ENTRIES / 10;
    return [
      skew,
      hitRatio(new SieveCache<object>(max), trace),
      hitRatio(new LRUCache<string, object>({ max }), trace),
    ];
  });
  printTable([`Zipf, ${ENTRIES} keys, room for a tenth`, 'hits of SieveCache', 'hits of lru-cache'], rows);
  for (const [skew = 0, sieve = 0, lru = 0] of rows) {
    claim(`hit ratio of SieveCache minus that of LRU at Zipf ${skew},`, sieve - lru, { atLeast: 0 });
  }
  print();
}

function hitRatio(cache: Cache, trace: readonly string[]): number {
  let hits = 0;
  for (const key of trace) {
    if (cache.get(key) === undefined) cache.set(key, {});
    else hits += 1;
  }
  return hits / trace.length;
}

function zipfTrace(keys: number, skew: number): readonly string[] {
  let total = 0;
  const cumulated = Float64Array.from({ length: keys }, (_none, index) => (total += 1 / (index + 1) ** skew));
  const random = seeded(1);
  return Array.from({ length: TRACE }, () => keyOf(firstAtLeast(cumulated, random() * total)));
}

function firstAtLeast(sorted: Float64Array, wanted: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the same random numbers in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns a text that has as many characters as a key id. */
function keyOf(index: number): string {
  return `01jd${String(index).padStart(22, '0')}`;
}

void main();
