import type { Clock } from '../ports/clock';

const READ_EVERY_MS = 1;

/**
 * Reads a clock at most once a millisecond. Creating a date for every request costs half as much as hashing a token
 * (`npm run bench -- guard`).
 */
export class CoarseTime {
  private readAt = -Infinity;
  private readMs = 0;

  constructor(private readonly clock: Clock) {}

  /**
   * Returns wall-clock milliseconds, at most one behind.
   *
   * @param at the current `performance.now()`
   */
  millis(at: number): number {
    if (at - this.readAt >= READ_EVERY_MS) {
      this.readAt = at;
      this.readMs = this.clock.now().getTime();
    }
    return this.readMs;
  }
}
