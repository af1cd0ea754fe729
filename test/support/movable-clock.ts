import { systemClock } from '../../src/api-keys/ports/clock';

/** The clock of every service in this process, which a test can move forward. */
export interface MovableClock {
  /** Returns the time of this clock in the given number of seconds. */
  in(seconds: number): Date;
  advance(seconds: number): void;
}

/** Replaces the system clock by a movable one. Call it once in a test file. */
export function takeClock(): MovableClock {
  let ahead = 0;
  const inMillis = (millis: number): Date => new Date(Date.now() + ahead + millis);
  jest.spyOn(systemClock, 'now').mockImplementation(() => inMillis(0));
  return {
    in: (seconds) => inMillis(seconds * 1000),
    advance: (seconds) => void (ahead += seconds * 1000),
  };
}
