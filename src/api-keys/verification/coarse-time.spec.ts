import { CoarseTime } from './coarse-time';

const NOON = Date.UTC(2030, 0, 2, 12);

/** A clock that advances by a second at each read. */
function openedAtNoon(): { readonly reads: () => number; readonly time: CoarseTime } {
  let reads = 0;
  const time = new CoarseTime({ now: () => new Date(NOON + 1000 * reads++) });
  return { reads: () => reads, time };
}

describe('the coarse time', () => {
  it('is read on first use, even at time 0 of the process', () => {
    const { time } = openedAtNoon();
    expect(time.millis(0)).toBe(NOON);
  });

  it('is the same within a millisecond', () => {
    const { reads, time } = openedAtNoon();
    expect([5, 5.1, 5.9].map((at) => time.millis(at))).toEqual([NOON, NOON, NOON]);
    expect(reads()).toBe(1);
  });

  it('is read again a millisecond after the last read, not after the last use', () => {
    const { time } = openedAtNoon();
    expect([0, 0.9, 1, 1.9, 3].map((at) => time.millis(at) - NOON)).toEqual([0, 0, 1000, 1000, 2000]);
  });
});
