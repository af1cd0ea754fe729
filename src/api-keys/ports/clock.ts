/**
 * Where the time comes from. Everything that compares a date asks a clock, so that expiry can be tested
 * without sleeping.
 */
export interface Clock {
  /** The current time. A fresh `Date` at every call; the caller may keep it. */
  now(): Date;
}

/** The injection token of the `Clock` that every comparison of dates asks. */
export const CLOCK = Symbol('keyward:clock');

/** The machine's own clock. */
export const systemClock: Clock = { now: () => new Date() };
