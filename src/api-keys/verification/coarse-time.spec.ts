import { CoarseTime } from './coarse-time';

const NOON = Date.UTC(2030, 0, 2, 12);

/** A clock that is a second later each time somebody looks. */
function openedAtNoon(): { readonly looks: () => number; readonly time: CoarseTime } {
  let looks = 0;
  const time = new CoarseTime({ now: () => new Date(NOON + 1000 * looks++) });
  return { looks: () => looks, time };
}

describe('the time of day for keys in use', () => {
  it('is read at the very first use, however early in the life of the process that is', () => {
    const { time } = openedAtNoon();
    expect(time.millis(0)).toBe(NOON);
  });

  it('is the same for all who come within a millisecond', () => {
    const { looks, time } = openedAtNoon();
    expect([5, 5.1, 5.9].map((at) => time.millis(at))).toEqual([NOON, NOON, NOON]);
    expect(looks()).toBe(1);
  });

  it('is read again a millisecond after it was read, and not after it was asked for', () => {
    const { time } = openedAtNoon();
    expect([0, 0.9, 1, 1.9, 3].map((at) => time.millis(at) - NOON)).toEqual([0, 0, 1000, 1000, 2000]);
  });
});
