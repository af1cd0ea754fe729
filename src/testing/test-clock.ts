import type { Clock } from '../api-keys/ports/clock';
import { MisuseError } from '../problems/misuse.error';

/**
 * A clock for tests. It begins at the current time and stands still until the test moves it. An expiry or the end of a grace
 * period is effective at the next request after the move, also for a cached key.
 *
 * It does not move timers, the counting of rate limits and failed credentials, or the freshness of caches. These measure how
 * much real time has passed.
 *
 * @example
 * const clock = new TestClock();
 * const expiresAt = new Date(clock.now().getTime() + 60_000);
 * const { headers } = await issueTestKey(app, { scopes: ['memory:read'], expiresAt });
 * clock.advance(60_000);
 * // From now on the application rejects the key with 401.
 */
export class TestClock implements Clock {
  private time = Date.now();

  /** Returns the time of this clock, as a new `Date`. */
  now(): Date {
    return new Date(this.time);
  }

  /**
   * Sets the time, forward or back.
   *
   * @throws MisuseError if `at` is not a valid date
   */
  set(at: Date): void {
    this.moveTo(at.getTime());
  }

  /**
   * Moves the time forward.
   *
   * @param ms milliseconds
   * @throws MisuseError if `ms` is negative, not a number or too large
   */
  advance(ms: number): void {
    if (!(ms >= 0))
      throw new MisuseError(`advance needs milliseconds, 0 or more, not ${ms}: to go back, use set`);
    this.moveTo(this.time + ms);
  }

  private moveTo(time: number): void {
    if (Number.isNaN(new Date(time).getTime())) throw new MisuseError('a TestClock needs a valid date');
    this.time = time;
  }
}
