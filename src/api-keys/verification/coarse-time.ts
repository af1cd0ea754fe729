import type { Clock } from '../domain/clock';

const READ_EVERY_MS = 0.1;

/** Reads a clock ten times a millisecond at most, for what is content with that: a clock costs more than it looks. */
export class CoarseTime {
  private readAt = -Infinity;
  private readMs = 0;

  constructor(private readonly clock: Clock) {}

  /**
   * Wall-clock milliseconds, at most a tenth behind.
   *
   * @param at the present by `performance.now()`
   */
  millis(at: number): number {
    if (at - this.readAt >= READ_EVERY_MS) {
      this.readAt = at;
      this.readMs = this.clock.now().getTime();
    }
    return this.readMs;
  }
}
