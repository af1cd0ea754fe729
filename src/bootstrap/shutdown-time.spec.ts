import { timeForClients } from './shutdown-time';

describe('the time for clients in a shutdown', () => {
  it.each([
    ['all but 5 s', 25_000, 0, 20_000],
    ['all but 5 s of a long timeout', 600_000, 10_000, 595_000],
    ['all but a fifth of a short timeout', 1000, 0, 800],
    ['half of the time after a long delay', 25_000, 23_000, 24_000],
    ['half of the time after a delay nearly as long as the timeout', 25_000, 24_999, 24_999.5],
  ])('is %s', (_what, limit, delay, time) => {
    expect(timeForClients(limit, delay)).toBe(time);
  });
});
