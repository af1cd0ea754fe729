import { timeForClients } from './shutdown-time';

describe('the time that clients have in a shutdown', () => {
  it.each([
    ['all but 5 s', 25_000, 0, 20_000],
    ['all but 5 s of a long one', 600_000, 10_000, 595_000],
    ['all but a fifth of a short one', 1000, 0, 800],
    ['half of what a long delay leaves', 25_000, 23_000, 24_000],
    ['half of what nearly the whole of it leaves', 25_000, 24_999, 24_999.5],
  ])('is %s', (_what, limit, delay, time) => {
    expect(timeForClients(limit, delay)).toBe(time);
  });
});
