import { systemClock } from '../../src/api-keys/ports/clock';

/** The clock of every service in this process: it goes on as usual, but may be moved ahead. */
export interface MovableClock {
  /** The moment that lies so many seconds ahead by this clock. */
  in(seconds: number): Date;
  advance(seconds: number): void;
}

/** Takes the clock in hand. Call it once in a test file. */
export function takeClock(): MovableClock {
  let ahead = 0;
  const inMillis = (millis: number): Date => new Date(Date.now() + ahead + millis);
  jest.spyOn(systemClock, 'now').mockImplementation(() => inMillis(0));
  return {
    in: (seconds) => inMillis(seconds * 1000),
    advance: (seconds) => void (ahead += seconds * 1000),
  };
}
