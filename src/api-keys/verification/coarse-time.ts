import type { Clock } from '../ports/clock';

const READ_EVERY_MS = 1;

/**
 * Reads a clock once a millisecond at most, for what is content with that: where requests come a tenth of a millisecond
 * apart, as under Express, making a date costs as much as half the digest of a token (`npm run bench -- guard`).
 */
export class CoarseTime {
  private readAt = -Infinity;
  private readMs = 0;

  constructor(private readonly clock: Clock) {}

  /**
   * Wall-clock milliseconds, at most one behind.
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
