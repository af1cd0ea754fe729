import { setTimeout as pause } from 'node:timers/promises';

interface Turn<R> {
  begunAt: number;
  reading: Promise<R>;
  next: Promise<R> | undefined;
}

/**
 * Limits how often a cached record is read again because of a secret that it lacks. The first read begins immediately,
 * so that a token that another instance has just issued works without delay. Later callers share the next read; see
 * decision record 0051.
 */
export class RereadTurns<K extends object, R> {
  /** The last read of each cached record. Entries are removed with their record. */
  private readonly turns = new WeakMap<K, Turn<R>>();

  /** @param intervalMs the minimum time between two reads of a record */
  constructor(private readonly intervalMs: number) {}

  /**
   * Reads a record again.
   *
   * @param known the cached record, which lacks the secret
   * @param arrivedAt when the secret was presented, by `performance.now()`
   * @param read reads the store
   * @returns a reading that began at or after `arrivedAt`
   */
  async readAgain(known: K, arrivedAt: number, read: () => Promise<R>): Promise<R> {
    const turn = this.turns.get(known);
    if (turn === undefined) return this.begin(known, read);
    if (turn.begunAt >= arrivedAt) return turn.reading;
    // Even if it is due, because a caller that does not wait for it would begin a second read.
    if (turn.next !== undefined) return turn.next;
    const wait = turn.begunAt + this.intervalMs - performance.now();
    if (wait <= 0) return this.begin(known, read);
    turn.next = pause(wait, undefined, { ref: false }).then(async () => this.begin(known, read));
    return turn.next;
  }

  private async begin(known: K, read: () => Promise<R>): Promise<R> {
    const begunAt = performance.now();
    const reading = read();
    this.turns.set(known, { begunAt, reading, next: undefined });
    return reading;
  }
}
