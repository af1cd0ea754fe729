/**
 * The source of the current time. All comparisons of dates use a clock, so that tests of expiry do not have to wait.
 */
export interface Clock {
  /** Returns the current time, as a new `Date` that the caller may keep. */
  now(): Date;
}

/** The injection token of the {@link Clock} that all comparisons of dates use. */
export const CLOCK = Symbol('keyward:clock');

/** The clock of the machine. */
export const systemClock: Clock = { now: () => new Date() };
