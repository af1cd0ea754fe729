/** Bounds a cache by the sum of its entries' weights. */
export interface WeightBound<V> {
  /** The maximum sum of the weights. A value that alone exceeds it is not cached. */
  readonly maxWeight: number;
  /**
   * Returns the weight of a value, in the unit of `maxWeight`. Must always return the same weight for the same value.
   */
  readonly weigh: (value: V) => number;
}

/** No slot. As a neighbour it means the end of the list, as the hand it means the oldest entry. */
const NONE = -1;
const FIRST_SLOTS = 64;

/**
 * A bounded cache with one map look-up per hit. It evicts by SIEVE (Zhang et al., NSDI 2024): a hand moves from the oldest
 * entry to the newest, keeps each entry that was used since its last visit, and evicts the first that was not. `bench/`
 * compares it with lru-cache.
 *
 * The order is a linked list of slot numbers, not the order of the map, because V8 keeps every outgrown table of a map in
 * memory while an iterator exists; see decision record 0050.
 */
export class SieveCache<V> {
  private readonly slots = new Map<string, number>();
  private values: (V | undefined)[] = [];
  private keys: (string | undefined)[] = [];
  private isUsed = new Uint8Array(FIRST_SLOTS);
  private older = new Int32Array(FIRST_SLOTS);
  private newer = new Int32Array(FIRST_SLOTS);
  private free: number[] = [];
  private oldest = NONE;
  private newest = NONE;
  private hand = NONE;
  private total = 0;

  /**
   * @param max the maximum number of entries, 1 or more
   * @param bound the limit of the weight; without it, only the number of entries is limited
   */
  constructor(
    private readonly max: number,
    private readonly bound?: WeightBound<V>,
  ) {}

  get size(): number {
    return this.slots.size;
  }

  /** The sum of the weights; 0 without a bound. */
  get weight(): number {
    return this.total;
  }

  /** Returns the value and marks it as used. */
  get(key: string): V | undefined {
    const slot = this.slots.get(key);
    if (slot === undefined) return undefined;
    this.isUsed[slot] = 1;
    return this.values[slot];
  }

  /** Returns the value without marking it as used. */
  peek(key: string): V | undefined {
    const slot = this.slots.get(key);
    return slot === undefined ? undefined : this.values[slot];
  }

  set(key: string, value: V): void {
    this.delete(key);
    const weight = this.bound?.weigh(value) ?? 0;
    const maxWeight = this.bound?.maxWeight ?? Infinity;
    if (weight > maxWeight) return;
    while (this.size >= this.max || this.total + weight > maxWeight) this.evict();
    const slot = this.free.pop() ?? this.newSlot();
    this.values[slot] = value;
    this.keys[slot] = key;
    this.isUsed[slot] = 0;
    this.older[slot] = this.newest;
    this.newer[slot] = NONE;
    if (this.newest === NONE) this.oldest = slot;
    else this.newer[this.newest] = slot;
    this.newest = slot;
    this.slots.set(key, slot);
    this.total += weight;
  }

  delete(key: string): void {
    const slot = this.slots.get(key);
    if (slot !== undefined) this.remove(slot, key);
  }

  clear(): void {
    this.slots.clear();
    this.values = [];
    this.keys = [];
    this.free = [];
    this.oldest = NONE;
    this.newest = NONE;
    this.hand = NONE;
    this.total = 0;
  }

  private evict(): void {
    for (;;) {
      const slot = this.hand === NONE ? this.oldest : this.hand;
      const key = this.keys[slot];
      if (key === undefined) return this.clear();
      if (this.isUsed[slot] === 0) return this.remove(slot, key);
      this.isUsed[slot] = 0;
      this.hand = this.newer[slot] ?? NONE;
    }
  }

  private remove(slot: number, key: string): void {
    const [older, newer] = [this.older[slot] ?? NONE, this.newer[slot] ?? NONE];
    // After the newest entry, the hand restarts at the oldest. Otherwise it would evict each new entry next.
    if (this.hand === slot) this.hand = newer;
    if (older === NONE) this.oldest = newer;
    else this.newer[older] = newer;
    if (newer === NONE) this.newest = older;
    else this.older[newer] = older;
    const value = this.values[slot];
    if (value !== undefined) this.total -= this.bound?.weigh(value) ?? 0;
    this.values[slot] = undefined;
    this.keys[slot] = undefined;
    this.slots.delete(key);
    this.free.push(slot);
  }

  private newSlot(): number {
    const slot = this.values.length;
    if (slot === this.isUsed.length) {
      this.isUsed = copyOf(this.isUsed, new Uint8Array(slot * 2));
      this.older = copyOf(this.older, new Int32Array(slot * 2));
      this.newer = copyOf(this.newer, new Int32Array(slot * 2));
    }
    return slot;
  }
}

function copyOf<A extends Uint8Array | Int32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
