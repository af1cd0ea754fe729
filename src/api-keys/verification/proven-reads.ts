import type { ChangeFeed, ChangeListener, ReadOptions } from '../../change-feed/change-feed';
import { StorageUnavailableError } from '../../problems/storage.errors';

/** How long one linearizable read vouches for the primary: a quarter of the bound, of which four fifths may be used. */
const VOUCHED_PART = 0.25 / 0.8;

/** What a read found, and the moment (by `performance.now()`) that it is certainly not older than. */
export interface ProvenReading<T> {
  readonly value: T;
  readonly trueAt: number;
}

type Load<T> = (options: ReadOptions) => Promise<T>;

/**
 * Reads a store so that the age of each answer is known, although a primary that was voted out may still answer. While
 * the feed proves nothing, one linearizable read proves the primary, and majority reads rely on it. See decision record
 * 0054.
 */
export class ProvenReads implements ChangeListener {
  private primaryAt = -Infinity;
  private generation = 0;
  private proving: Promise<void> | undefined;
  private isListening = false;

  /** @param maxAgeMs how old, in milliseconds, an answer may be */
  constructor(
    private readonly feed: ChangeFeed | undefined,
    private readonly maxAgeMs: number,
  ) {}

  /**
   * Reads until the answer is recent enough.
   *
   * @param deadline the moment from which on no further read is made
   * @throws StorageUnavailableError if the store does not answer in time
   */
  async recent<T>(load: Load<T>, deadline: number): Promise<T> {
    this.listen();
    for (;;) {
      const { value, trueAt } = await this.read(load, deadline);
      if (performance.now() - trueAt < this.maxAgeMs) return value;
    }
  }

  /**
   * Reads once. The answer may be older than `maxAgeMs` if it arrives late, or from another primary.
   *
   * @param deadline the moment from which on no read is made
   * @throws StorageUnavailableError if the store does not answer in time
   */
  async read<T>(load: Load<T>, deadline: number): Promise<ProvenReading<T>> {
    for (let failures = 0; ;) {
      const at = performance.now();
      if (at >= deadline) throw new StorageUnavailableError(new Error('the store answers too late'));
      const provenAt = this.provenAt(at);
      if (provenAt !== undefined) return this.rely(provenAt, load, deadline - at);
      if (this.feed?.followsPrimary !== true) {
        return { value: await load({ linearizable: true, timeoutMs: deadline - at }), trueAt: at };
      }
      if (this.proving === undefined) return this.prove(load, at, deadline - at);
      try {
        await this.proving;
      } catch (error) {
        // The other read may have had less time. A store that fails twice is not asked for each who waits.
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

  /** Another primary may answer with less than was proven of the former one. */
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
