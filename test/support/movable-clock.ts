import { systemClock } from '../../src/api-keys/ports/clock';

/** The clock of every service in this process. It runs as usual, but can be moved forward. */
export interface MovableClock {
  /** Returns the moment this many seconds ahead on this clock. */
  in(seconds: number): Date;
  advance(seconds: number): void;
}

/** Replaces the clock. Call it once in a test file. */
export function takeClock(): MovableClock {
  let ahead = 0;
  const inMillis = (millis: number): Date => new Date(Date.now() + ahead + millis);
  jest.spyOn(systemClock, 'now').mockImplementation(() => inMillis(0));
  return {
    in: (seconds) => inMillis(seconds * 1000),
    advance: (seconds) => void (ahead += seconds * 1000),
  };
}
