import { isDeepStrictEqual } from 'node:util';
import type { ChangeFeed, ChangeListener, ReadOptions } from '../../change-feed/change-feed';
import { StorageUnavailableError } from '../../problems/storage.errors';
import { ProvenReads } from './proven-reads';
import { SieveCache, type WeightBound } from './sieve-cache';

/** How many reads of records that are not in memory may wait for the store at once. */
const MAX_UNKNOWN_READS = 1000;

/** What a read of the store found. Moments are by `performance.now()`. */
export interface Reading<V> {
  readonly value: V | null;
  readonly begunAt: number;
  /** Changes that were acknowledged before this moment are in it. */
  readonly trueAt: number;
}

interface Flight<V> {
  readonly begunAt: number;
  /** What is read is proven to be no older than this, unless the feed proves more meanwhile. */
  readonly provenAt: number;
  readonly isUnknown: boolean;
  readonly done: Promise<Reading<V>>;
  /** Until a change of the record, or of any, is announced: what is read may be from before it. */
  isCurrent: boolean;
}

/** How a {@link FreshCache} behaves. */
export interface FreshCacheOptions<V> {
  /** How many values are kept at most. */
  readonly max: number;
  /** How much the values that are kept weigh at most. */
  readonly weightBound?: WeightBound<V>;
  /** How old, in milliseconds, what is served may be. */
  readonly maxAgeMs: number;
  /** Without a feed nothing is kept. */
  readonly feed: ChangeFeed | undefined;
  readonly load: (id: string, options: ReadOptions) => Promise<V | null>;
  /** Called when any record was changed. */
  readonly onChange?: () => void;
}

/**
 * Keeps what was read of a store, and serves it only while its change feed proves that it is still so, see decision
 * record 0024. A record is read once at a time, however many ask for it.
 */
export class FreshCache<V extends { readonly id: string }> implements ChangeListener {
  /** Values served without a look at the store. */
  hits = 0;
  /** Reads of the store. */
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

  /** How many values are kept. */
  get size(): number {
    return this.values.size;
  }

  /** How much the values that are kept weigh. */
  get weight(): number {
    return this.values.weight;
  }

  /** The feed that is followed: from the first read on. */
  get followed(): ChangeFeed | undefined {
    return this.isListening ? this.feed : undefined;
  }

  /** Whether the feed is followed and proves nothing at present. */
  get isStale(): boolean {
    return this.followed !== undefined && !this.isFresh(performance.now());
  }

  /**
   * The value that is known and provably fresh.
   *
   * @param at the present by `performance.now()`
   */
  peek(id: string, at: number): V | undefined {
    if (!this.isFresh(at)) return undefined;
    const value = this.values.get(id);
    if (value !== undefined) this.hits += 1;
    return value;
  }

  /** The value that is kept, whether it is provably fresh or not. Nothing may be decided by it. */
  recall(id: string): V | undefined {
    return this.values.peek(id);
  }

  /** Whether a read of this value is under way. */
  isReading(id: string): boolean {
    return this.flights.has(id);
  }

  /** The value that is kept, if the feed proves that the store still held it at a moment that is past. */
  provenSince(id: string, moment: number): Reading<V> | undefined {
    const value = this.values.peek(id);
    if (value === undefined || this.feed === undefined || this.feed.provenAt <= moment) return undefined;
    return { value, begunAt: moment, trueAt: moment };
  }

  /**
   * Reads the store, or waits for a read that is under way.
   *
   * @param begunFrom joins no read that began before this moment
   * @param deadline the moment from which on no further read is made
   * @throws StorageUnavailableError if the store does not answer, or so late that its answer may be out of date, or if
   *   too many reads of unknown records wait for it already
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
    if (begunAt >= deadline) throw new StorageUnavailableError(new Error('the store answers too late'));
    const isUnknown = this.values.get(id) === undefined;
    if (isUnknown && this.unknownReads >= MAX_UNKNOWN_READS) {
      throw new StorageUnavailableError(new Error('too many reads wait for the store'));
    }
    // Only the newest read of a record hears of its changes.
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
    // The generation check: a read that began before a change must not be kept after it.
    // Kept under the store's own id: the one that was asked with may be a part of a token, and would keep that alive.
    const value = found !== null && flight.isCurrent && this.feed !== undefined ? this.keep(found) : found;
    // A read that no change was announced for is as good as the newest proof of the feed. Judged as it lands: of a
    // change that is announced, and proven, before those who wait go on, it would not hear.
    const provenAt = flight.isCurrent ? (this.feed?.provenAt ?? -Infinity) : -Infinity;
    return { value, begunAt: flight.begunAt, trueAt: Math.max(trueAt, provenAt) };
  }

  /** An entry that is still right stays as it is, with what is known of its use. */
  private keep(found: V): V {
    const kept = this.values.peek(found.id);
    if (isDeepStrictEqual(kept, found) && kept !== undefined) return kept;
    this.values.set(found.id, found);
    return found;
  }
}
