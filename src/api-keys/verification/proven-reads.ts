import type { ChangeFeed, ChangeListener, ReadOptions } from '../../change-feed/change-feed';
import { StorageUnavailableError } from '../../problems/storage.errors';

/**
 * How long one linearizable read proves the primary, as a share of `maxAgeMs`. It is a quarter of the revocation bound,
 * of which `maxAgeMs` is four fifths.
 */
const VOUCHED_PART = 0.25 / 0.8;

/**
 * The result of a read. It contains all changes that were acknowledged before `trueAt`, a value of `performance.now()`.
 */
export interface ProvenReading<T> {
  readonly value: T;
  readonly trueAt: number;
}

type Load<T> = (options: ReadOptions) => Promise<T>;

/**
 * Reads a store so that the age of each result is known, even if a former primary still responds. While the feed does
 * not prove freshness, one linearizable read proves the primary, and majority reads rely on it. See decision record
 * 0054.
 */
export class ProvenReads implements ChangeListener {
  private primaryAt = -Infinity;
  private generation = 0;
  private proving: Promise<void> | undefined;
  private isListening = false;

  /** @param maxAgeMs the maximum age of a result, in milliseconds */
  constructor(
    private readonly feed: ChangeFeed | undefined,
    private readonly maxAgeMs: number,
  ) {}

  /**
   * Reads until the result is recent enough.
   *
   * @param deadline starts no read at or after this time
   * @throws StorageUnavailableError if the store does not respond in time
   */
  async recent<T>(load: Load<T>, deadline: number): Promise<T> {
    this.listen();
    for (;;) {
      const { value, trueAt } = await this.read(load, deadline);
      if (performance.now() - trueAt < this.maxAgeMs) return value;
    }
  }

  /**
   * Reads once. The result may be older than `maxAgeMs` if it arrives late, or from another primary.
   *
   * @param deadline starts no read at or after this time
   * @throws StorageUnavailableError if the store does not respond in time
   */
  async read<T>(load: Load<T>, deadline: number): Promise<ProvenReading<T>> {
    for (let failures = 0; ;) {
      const at = performance.now();
      if (at >= deadline) throw new StorageUnavailableError(new Error('the store did not respond in time'));
      const provenAt = this.provenAt(at);
      if (provenAt !== undefined) return this.rely(provenAt, load, deadline - at);
      if (this.feed?.followsPrimary !== true) {
        return { value: await load({ linearizable: true, timeoutMs: deadline - at }), trueAt: at };
      }
      if (this.proving === undefined) return this.prove(load, at, deadline - at);
      try {
        await this.proving;
      } catch (error) {
        // The other read may have had less time. After two failures, waiting callers do not try again.
        failures += 1;
        if (failures > 1) throw error;
        continue;
      }
      const now = performance.now();
      if (now - this.primaryAt < this.maxAgeMs) return this.rely(this.primaryAt, load, deadline - now);
    }
  }

  changed(): void {}

  everythingChanged(): void {
    this.generation += 1;
    this.primaryAt = -Infinity;
    this.proving = undefined;
  }

  private listen(): void {
    if (this.isListening) return;
    this.isListening = true;
    this.feed?.subscribe(this);
  }

  private provenAt(at: number): number | undefined {
    if (this.feed === undefined) return undefined;
    if (at - this.feed.provenAt < this.maxAgeMs) return this.feed.provenAt;
    return at - this.primaryAt < this.maxAgeMs * VOUCHED_PART ? this.primaryAt : undefined;
  }

  /**
   * Reads with read concern `majority`. The result counts as old as an earlier proof, unless the primary changes
   * meanwhile.
   */
  private async rely<T>(provenAt: number, load: Load<T>, timeoutMs: number): Promise<ProvenReading<T>> {
    const { generation } = this;
    const value = await load({ linearizable: false, timeoutMs });
    return { value, trueAt: generation === this.generation ? provenAt : -Infinity };
  }

  private async prove<T>(load: Load<T>, begunAt: number, timeoutMs: number): Promise<ProvenReading<T>> {
    const reading = load({ linearizable: true, timeoutMs });
    const proving = this.rememberProof(reading, begunAt);
    this.proving = proving;
    try {
      await proving;
      return { value: await reading, trueAt: begunAt };
    } finally {
      if (this.proving === proving) this.proving = undefined;
    }
  }

  private async rememberProof(reading: Promise<unknown>, begunAt: number): Promise<void> {
    const { generation } = this;
    await reading;
    if (generation === this.generation) this.primaryAt = begunAt;
  }
}
