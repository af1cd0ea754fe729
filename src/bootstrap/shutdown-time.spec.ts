import { timeForClients } from './shutdown-time';

describe('the time that a shutdown waits for clients', () => {
  it.each([
    ['the timeout without its last 5 s', 25_000, 0, 20_000],
    ['a long timeout without its last 5 s', 600_000, 10_000, 595_000],
    ['a short timeout without its last fifth', 1000, 0, 800],
    ['a long delay and half of the rest', 25_000, 23_000, 24_000],
    ['a delay nearly as long as the timeout, and half of the rest', 25_000, 24_999, 24_999.5],
  ])('is %s', (_what, limit, delay, time) => {
    expect(timeForClients(limit, delay)).toBe(time);
  });
});
