import { type Clock, systemClock } from '../ports/clock';
import { CoarseTime } from './coarse-time';

const NOON = Date.UTC(2030, 0, 2, 12);

/** Lets a clock advance by a second at each read. */
function openedAtNoon(clock: Clock): { readonly reads: () => number; readonly time: CoarseTime } {
  let reads = 0;
  jest.spyOn(clock, 'now').mockImplementation(() => new Date(NOON + 1000 * reads++));
  return { reads: () => reads, time: new CoarseTime(clock) };
}

afterEach(() => jest.restoreAllMocks());

describe('the coarse time of the machine', () => {
  it('is read at the first use, even if performance.now() is 0', () => {
    const { time } = openedAtNoon(systemClock);
    expect(time.millis(0)).toBe(NOON);
  });

  it('is read only once within a millisecond', () => {
    const { reads, time } = openedAtNoon(systemClock);
    expect([5, 5.1, 5.9].map((at) => time.millis(at))).toEqual([NOON, NOON, NOON]);
    expect(reads()).toBe(1);
  });

  it('is read again a millisecond after the last read, not after the last use', () => {
    const { time } = openedAtNoon(systemClock);
    expect([0, 0.9, 1, 1.9, 3].map((at) => time.millis(at) - NOON)).toEqual([0, 0, 1000, 1000, 2000]);
  });
});

describe('the coarse time of another clock', () => {
  it('is read each time, because a test may move the clock within a millisecond', () => {
    const { time } = openedAtNoon({ now: () => new Date(NOON) });
    expect([5, 5, 5.1].map((at) => time.millis(at) - NOON)).toEqual([0, 1000, 2000]);
  });
});
