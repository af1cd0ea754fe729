import { array, assert, constant, constantFrom, integer, oneof, property, tuple } from 'fast-check';
import { SieveCache } from './sieve-cache';

interface Kept {
  readonly key: string;
  readonly value: number;
  isUsed: boolean;
}

/** SIEVE as in its paper, with a linear search in a plain list: the oldest entry first, and a hand between two entries. */
class NaiveSieve {
  private kept: Kept[] = [];
  private hand = 0;

  constructor(private readonly max: number) {}

  get(key: string): number | undefined {
    const found = this.kept.find((each) => each.key === key);
    if (found !== undefined) found.isUsed = true;
    return found?.value;
  }

  set(key: string, value: number): void {
    if (this.kept.some((each) => each.key === key)) this.delete(key);
    else if (this.kept.length >= this.max) this.makeRoom();
    this.kept.push({ key, value, isUsed: false });
  }

  delete(key: string): void {
    const at = this.kept.findIndex((each) => each.key === key);
    if (at < 0) return;
    this.kept.splice(at, 1);
    if (at < this.hand) this.hand -= 1;
    if (this.hand >= this.kept.length) this.hand = 0;
  }

  keys(): readonly string[] {
    return this.kept.map(({ key }) => key);
  }

  private makeRoom(): void {
    for (;;) {
      if (this.hand >= this.kept.length) this.hand = 0;
      const looked = this.kept[this.hand];
      if (looked?.isUsed !== true) break;
      looked.isUsed = false;
      this.hand += 1;
    }
    this.kept.splice(this.hand, 1);
    if (this.hand >= this.kept.length) this.hand = 0;
  }
}

const key = integer({ min: 0, max: 11 }).map((n) => `key ${n}`);
const step = oneof(
  { weight: 5, arbitrary: tuple(constant('get' as const), key) },
  { weight: 4, arbitrary: tuple(constant('set' as const), key) },
);

describe('a SIEVE cache', () => {
  it('keeps and evicts the same entries as a naive implementation', () => {
    assert(
      property(integer({ min: 1, max: 6 }), array(step, { maxLength: 200 }), (max, steps) => {
        const cache = new SieveCache<number>(max);
        const naive = new NaiveSieve(max);
        for (const [index, [deed, name]] of steps.entries()) {
          if (deed === 'set') for (const each of [cache, naive]) each.set(name, index);
          expect(deed === 'set' || cache.get(name) === naive.get(name)).toBe(true);
          expect(cache.size).toBe(naive.keys().length);
        }
        const kept = steps.map(([, name]) => name).filter((name) => cache.get(name) !== undefined);
        expect(new Set(kept)).toEqual(new Set(naive.keys()));
      }),
      { numRuns: 500 },
    );
  });

  it('never exceeds its maximum size, and never returns a deleted entry', () => {
    const any = oneof(step, tuple(constantFrom('delete' as const, 'clear' as const), key));
    assert(
      property(integer({ min: 1, max: 6 }), array(any, { maxLength: 200 }), (max, steps) => {
        const cache = new SieveCache<number>(max);
        const last = new Map<string, number>();
        for (const [index, [deed, name]] of steps.entries()) {
          if (deed === 'set') {
            cache.set(name, index);
            last.set(name, index);
          } else if (deed === 'clear') {
            cache.clear();
            last.clear();
          } else if (deed === 'delete') {
            cache.delete(name);
            last.delete(name);
          }
          expect([deed === 'set' ? index : undefined, last.get(name)]).toContain(cache.get(name));
          expect(cache.size).toBeLessThanOrEqual(Math.min(max, last.size));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keeps an entry that is used again and again while a thousand others are added', () => {
    const cache = new SieveCache<string>(10);
    cache.set('acme', 'used');
    cache.set('globex', 'not used');
    for (let index = 0; index < 1000; index += 1) {
      cache.set(`once ${index}`, 'once');
      expect(cache.get('acme')).toBe('used');
    }
    expect([cache.get('globex'), cache.size]).toEqual([undefined, 10]);
  });

  it('keeps a new entry until the hand reaches it, even if all others are older', () => {
    const cache = new SieveCache<number>(3);
    for (const name of ['a', 'b', 'c']) cache.set(name, 0);
    for (const name of ['a', 'b']) cache.get(name);
    cache.set('d', 0);
    cache.set('e', 0);
    expect([cache.get('c'), cache.get('a'), cache.get('d')]).toEqual([undefined, undefined, 0]);
  });

  it('moves its hand to the next entries before it returns to one that it kept', () => {
    const cache = new SieveCache<number>(3);
    for (const name of ['a', 'b', 'c']) cache.set(name, 0);
    cache.get('a');
    cache.set('d', 0);
    cache.set('e', 0);
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => cache.get(name))).toEqual([0, undefined, undefined, 0, 0]);
  });
});

const weighed = (max: number, maxWeight: number): SieveCache<number> =>
  new SieveCache<number>(max, { maxWeight, weigh: (value) => value });

describe('a cache with a maximum weight', () => {
  it('never exceeds that weight, and adds every value that fits', () => {
    const steps = array(tuple(key, integer({ min: 0, max: 12 }), constantFrom('set', 'delete')), {
      maxLength: 200,
    });
    assert(
      property(steps, (all) => {
        const cache = weighed(5, 10);
        const last = new Map<string, number>();
        for (const [name, weight, deed] of all) {
          if (deed === 'set') cache.set(name, weight);
          else cache.delete(name);
          last.set(name, deed === 'set' ? weight : Number.NaN);
          const kept = [...last.keys()].flatMap((each) => cache.peek(each) ?? []);
          expect(cache.weight).toBe(kept.reduce((sum, each) => sum + each, 0));
          expect(cache.weight).toBeLessThanOrEqual(10);
          expect(cache.size).toBe(kept.length);
          expect(cache.peek(name)).toBe(deed === 'set' && weight <= 10 ? weight : undefined);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not add a value that is heavier than the maximum, and evicts nothing for it', () => {
    const cache = weighed(5, 10);
    cache.set('acme', 4);
    cache.set('globex', 11);
    expect([cache.get('acme'), cache.get('globex'), cache.weight]).toEqual([4, undefined, 4]);
  });

  it('removes the previous value of a key if the new value is heavier than the maximum', () => {
    const cache = weighed(5, 10);
    cache.set('acme', 4);
    cache.set('acme', 11);
    expect([cache.get('acme'), cache.size, cache.weight]).toEqual([undefined, 0, 0]);
  });

  it('evicts only as many unused entries as a heavy new entry needs, and keeps used entries', () => {
    const cache = weighed(10, 10);
    for (const name of ['a', 'b', 'c', 'd', 'e']) cache.set(name, 2);
    cache.get('b');
    cache.set('heavy', 5);
    expect(['a', 'b', 'c', 'd', 'e', 'heavy'].map((name) => cache.peek(name))).toEqual([
      undefined,
      2,
      undefined,
      undefined,
      2,
      5,
    ]);
  });
});
