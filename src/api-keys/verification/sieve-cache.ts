interface Entry<V> {
  readonly key: string;
  readonly value: V;
  readonly weight: number;
  isUsed: boolean;
  older: Entry<V> | undefined;
  newer: Entry<V> | undefined;
}

/** Bounds a cache by the sum of its entries' weights. */
export interface WeightBound<V> {
  /** The maximum sum of the weights. A value that exceeds it alone is not kept. */
  readonly maxWeight: number;
  /** Returns the weight of a value, in the unit of `maxWeight`. */
  readonly weigh: (value: V) => number;
}

/**
 * A bounded cache with one map look-up per hit. SIEVE chooses what is evicted (Zhang et al., NSDI 2024): a hand moves
 * from the oldest entry to the newest, spares each entry that was used since its last visit, and evicts the first that
 * was not. Measured against lru-cache in `bench/`.
 *
 * The order is a linked list, not the order of the map: a map iterator kept between calls makes V8 retain every table
 * that the map outgrows, see decision record 0050.
 */
export class SieveCache<V> {
  private readonly entries = new Map<string, Entry<V>>();
  private oldest: Entry<V> | undefined;
  private newest: Entry<V> | undefined;
  /** The entry to look at next; `undefined` for the oldest. */
  private hand: Entry<V> | undefined;
  private total = 0;

  /**
   * @param max the maximum number of entries, 1 or more
   * @param bound the maximum weight; without it entries are only counted
   */
  constructor(
    private readonly max: number,
    private readonly bound?: WeightBound<V>,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  /** The sum of the weights; 0 without a bound. */
  get weight(): number {
    return this.total;
  }

  /** Returns the value and marks it as used. */
  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (!entry.isUsed) entry.isUsed = true;
    return entry.value;
  }

  /** Returns the value without marking it as used. */
  peek(key: string): V | undefined {
    return this.entries.get(key)?.value;
  }

  set(key: string, value: V): void {
    this.delete(key);
    const weight = this.bound?.weigh(value) ?? 0;
    const maxWeight = this.bound?.maxWeight ?? Infinity;
    if (weight > maxWeight) return;
    while (this.entries.size >= this.max || this.total + weight > maxWeight) this.evict();
    const entry = { key, value, weight, isUsed: false, older: this.newest, newer: undefined };
    if (this.newest === undefined) this.oldest = entry;
    else this.newest.newer = entry;
    this.newest = entry;
    this.entries.set(key, entry);
    this.total += weight;
  }

  delete(key: string): void {
    const entry = this.entries.get(key);
    if (entry !== undefined) this.remove(entry);
  }

  clear(): void {
    this.entries.clear();
    this.oldest = undefined;
    this.newest = undefined;
    this.hand = undefined;
    this.total = 0;
  }

  private evict(): void {
    for (;;) {
      const entry = this.hand ?? this.oldest;
      if (entry === undefined) return;
      if (!entry.isUsed) return this.remove(entry);
      entry.isUsed = false;
      this.hand = entry.newer;
    }
  }

  private remove(entry: Entry<V>): void {
    const { older, newer } = entry;
    // Behind the newest the hand starts again at the oldest. Otherwise it would evict each newcomer next.
    if (this.hand === entry) this.hand = newer;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.newest = older;
    else newer.older = older;
    // A removed entry that the collector has promoted must not keep its younger neighbours alive.
    entry.older = undefined;
    entry.newer = undefined;
    this.entries.delete(entry.key);
    this.total -= entry.weight;
  }
}
