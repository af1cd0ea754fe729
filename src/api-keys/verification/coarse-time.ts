import { type Clock, systemClock } from '../ports/clock';

/**
 * Reads the clock of the machine at most once a millisecond. Creating a date for every request costs half as much as hashing a
 * token (`npm run bench -- guard`). Reads any other clock each time, because a test may move it within a millisecond.
 */
export class CoarseTime {
  private readAt = -Infinity;
  private readMs = 0;
  private readonly readEveryMs: number;

  constructor(private readonly clock: Clock) {
    this.readEveryMs = clock === systemClock ? 1 : 0;
  }

  /**
   * Returns the wall-clock time in milliseconds, at most one millisecond behind the clock of the machine.
   *
   * @param at the current `performance.now()`
   */
  millis(at: number): number {
    if (at - this.readAt >= this.readEveryMs) {
      this.readAt = at;
      this.readMs = this.clock.now().getTime();
    }
    return this.readMs;
  }
}
