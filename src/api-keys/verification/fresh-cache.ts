import { isDeepStrictEqual } from 'node:util';
import type { ChangeFeed, ChangeListener, ReadOptions } from '../../change-feed/change-feed';
import { StorageUnavailableError } from '../../problems/storage.errors';
import { ProvenReads } from './proven-reads';
import { SieveCache, type WeightBound } from './sieve-cache';

/** The maximum number of concurrent reads of records that are not in memory. */
const MAX_UNKNOWN_READS = 1000;

/** The result of a read of the store. Times are values of `performance.now()`. */
export interface Reading<V> {
  readonly value: V | null;
  readonly begunAt: number;
  /** The result contains all changes that were acknowledged before this time. */
  readonly trueAt: number;
}

interface Flight<V> {
  readonly begunAt: number;
  /** The result contains all changes before this time. The feed may prove a later time before the read ends. */
  readonly provenAt: number;
  readonly isUnknown: boolean;
  readonly done: Promise<Reading<V>>;
  /** False after a change is announced, because the result may be older than that change. */
  isCurrent: boolean;
}

/** Options of a {@link FreshCache}. */
export interface FreshCacheOptions<V> {
  /** The maximum number of values. */
  readonly max: number;
  /** The maximum weight of the values. */
  readonly weightBound?: WeightBound<V>;
  /** The maximum age of a returned value, in milliseconds. */
  readonly maxAgeMs: number;
  /** The change feed. Without one, the cache stores nothing. */
  readonly feed: ChangeFeed | undefined;
  readonly load: (id: string, options: ReadOptions) => Promise<V | null>;
  /** Called after any record changes. */
  readonly onChange?: () => void;
}

/**
 * Caches records of a store, and returns them only while the change feed proves that they are fresh; see decision record
 * 0024. Concurrent reads of one record share one query.
 */
export class FreshCache<V extends { readonly id: string }> implements ChangeListener {
  /** The number of values returned without a read. */
  hits = 0;
  /** The number of reads of the store. */
  reads = 0;
  private readonly values: SieveCache<V>;
  private readonly flights = new Map<string, Flight<V>>();
  private readonly store: ProvenReads;
  private unknownReads = 0;
  private readonly maxAgeMs: number;
  private readonly feed: ChangeFeed | undefined;
  private readonly load: FreshCacheOptions<V>['load'];
  private readonly onChange: FreshCacheOptions<V>['onChange'];
  private isListening = false;

  constructor({ max, weightBound, maxAgeMs, feed, load, onChange }: FreshCacheOptions<V>) {
    this.values = new SieveCache(max, weightBound);
    this.store = new ProvenReads(feed, maxAgeMs);
    this.maxAgeMs = maxAgeMs;
    this.feed = feed;
    this.load = load;
    this.onChange = onChange;
  }

  /** The number of cached values. */
  get size(): number {
    return this.values.size;
  }

  /** The weight of the cached values. */
  get weight(): number {
    return this.values.weight;
  }

  /** The feed, after the first read has subscribed to it. */
  get followed(): ChangeFeed | undefined {
    return this.isListening ? this.feed : undefined;
  }

  /** Whether the cache follows the feed, but the feed currently does not prove freshness. */
  get isStale(): boolean {
    return this.followed !== undefined && !this.isFresh(performance.now());
  }

  /**
   * Returns the cached value if it is proven fresh.
   *
   * @param at the current `performance.now()`
   */
  peek(id: string, at: number): V | undefined {
    if (!this.isFresh(at)) return undefined;
    const value = this.values.get(id);
    if (value !== undefined) this.hits += 1;
    return value;
  }

  /** Returns the cached value, even if it is not proven fresh. No decision may depend on it. */
  recall(id: string): V | undefined {
    return this.values.peek(id);
  }

  /** Returns whether a read of this record is in progress. */
  isReading(id: string): boolean {
    return this.flights.has(id);
  }

  /** Returns the cached value if the feed proves that it was still current at a past time. */
  provenSince(id: string, moment: number): Reading<V> | undefined {
    const value = this.values.peek(id);
    if (value === undefined || this.feed === undefined || this.feed.provenAt <= moment) return undefined;
    return { value, begunAt: moment, trueAt: moment };
  }

  /**
   * Reads the store, or waits for a read in progress.
   *
   * @param begunFrom does not join a read that began before this time
   * @param deadline starts no read at or after this time
   * @throws StorageUnavailableError if the store does not respond in time, or if too many reads of unknown records wait
   *   for it
   */
  async read(id: string, begunFrom = -Infinity, deadline = Infinity): Promise<Reading<V>> {
    this.listen();
    for (;;) {
      const reading = await this.flightFor(id, begunFrom, deadline).done;
      if (performance.now() - reading.trueAt < this.maxAgeMs) return reading;
    }
  }

  changed(id: string): void {
    this.onChange?.();
    this.values.delete(id);
    const flight = this.flights.get(id);
    if (flight === undefined) return;
    flight.isCurrent = false;
    this.flights.delete(id);
  }

  everythingChanged(): void {
    this.onChange?.();
    this.store.everythingChanged();
    this.values.clear();
    for (const flight of this.flights.values()) flight.isCurrent = false;
    this.flights.clear();
  }

  private isFresh(at: number): boolean {
    return this.feed !== undefined && at - this.feed.provenAt < this.maxAgeMs;
  }

  private listen(): void {
    if (this.isListening) return;
    this.isListening = true;
    this.feed?.subscribe(this);
  }

  private flightFor(id: string, begunFrom: number, deadline: number): Flight<V> {
    const begunAt = performance.now();
    const underWay = this.flights.get(id);
    if (
      underWay !== undefined &&
      underWay.begunAt >= begunFrom &&
      begunAt - underWay.provenAt < this.maxAgeMs
    ) {
      return underWay;
    }
    if (begunAt >= deadline)
      throw new StorageUnavailableError(new Error('the store did not respond in time'));
    const isUnknown = this.values.get(id) === undefined;
    if (isUnknown && this.unknownReads >= MAX_UNKNOWN_READS) {
      throw new StorageUnavailableError(new Error('too many reads are waiting for the store'));
    }
    // Only the newest read of a record learns about its changes, so an older one must not be cached.
    if (underWay !== undefined) underWay.isCurrent = false;
    this.reads += 1;
    if (isUnknown) this.unknownReads += 1;
    const flight: Flight<V> = {
      begunAt,
      provenAt: this.isFresh(begunAt) ? Math.min(begunAt, this.feed?.provenAt ?? begunAt) : begunAt,
      isUnknown,
      isCurrent: true,
      done: this.store
        .read((options) => this.load(id, options), deadline)
        .then(
          ({ value, trueAt }) => this.land(id, flight, value, trueAt),
          (error: unknown) => {
            this.land(id, flight, null, -Infinity);
            throw error;
          },
        ),
    };
    this.flights.set(id, flight);
    return flight;
  }

  private land(id: string, flight: Flight<V>, found: V | null, trueAt: number): Reading<V> {
    if (flight.isUnknown) this.unknownReads -= 1;
    if (this.flights.get(id) === flight) this.flights.delete(id);
    // A read that began before a change must not be cached after it.
    // Cached under the id from the store, because the requested id may be a slice that keeps a whole token in memory.
    const value = found !== null && flight.isCurrent && this.feed !== undefined ? this.keep(found) : found;
    // Without an announced change, the read is as fresh as the newest proof of the feed. Computed now, because this flight
    // no longer learns about changes that are announced before the waiting callers continue.
    const provenAt = flight.isCurrent ? (this.feed?.provenAt ?? -Infinity) : -Infinity;
    return { value, begunAt: flight.begunAt, trueAt: Math.max(trueAt, provenAt) };
  }

  /** Caches a record. If the cached one is equal, it is kept together with its mark of recent use. */
  private keep(found: V): V {
    const kept = this.values.peek(found.id);
    if (isDeepStrictEqual(kept, found) && kept !== undefined) return kept;
    this.values.set(found.id, found);
    return found;
  }
}
