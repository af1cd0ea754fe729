/**
 * Where the time comes from. Everything that compares a date asks a clock, so that expiry can be tested
 * without sleeping.
 */
export interface Clock {
  /** The current time. A fresh `Date` at every call; the caller may keep it. */
  now(): Date;
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => new Date() };
