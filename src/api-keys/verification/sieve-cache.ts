interface Entry<V> {
  readonly value: V;
  isUsed: boolean;
}

/**
 * A bounded cache that costs one look-up a use. Who makes room is found by SIEVE (Zhang et al., NSDI 2024): a hand goes
 * round from the oldest entry to the newest, spares what was used since it last came by, and takes the first that was
 * not. Measured against an LRU list in `bench/`.
 */
export class SieveCache<V> {
  private readonly entries = new Map<string, Entry<V>>();
  private hand = this.entries.entries();
  private newest: string | undefined;

  /** @param max how many entries are kept at most, 1 or more */
  constructor(private readonly max: number) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (!entry.isUsed) entry.isUsed = true;
    return entry.value;
  }

  set(key: string, value: V): void {
    if (!this.entries.delete(key) && this.entries.size >= this.max) this.makeRoom();
    this.entries.set(key, { value, isUsed: false });
    this.newest = key;
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
    this.hand = this.entries.entries();
  }

  private makeRoom(): void {
    for (;;) {
      const step = this.hand.next();
      if (step.done === true) {
        this.hand = this.entries.entries();
        continue;
      }
      const [key, entry] = step.value;
      if (!entry.isUsed) {
        this.entries.delete(key);
        // Past the newest the hand begins anew. Left where it is, it would take each newcomer next.
        if (key === this.newest) this.hand = this.entries.entries();
        return;
      }
      entry.isUsed = false;
    }
  }
}
