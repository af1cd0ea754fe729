import { MisuseError } from '../problems/misuse.error';
import { TestClock } from './test-clock';

const NOON = new Date('2030-01-02T12:00:00Z');

describe('a test clock', () => {
  it('begins at the current time, and stands still', () => {
    const before = Date.now();
    const clock = new TestClock();
    const begun = clock.now().getTime();
    expect(begun).toBeGreaterThanOrEqual(before);
    expect(begun).toBeLessThanOrEqual(Date.now());
    const later = jest.spyOn(Date, 'now').mockReturnValue(before + 60_000);
    expect(clock.now().getTime()).toBe(begun);
    later.mockRestore();
  });

  it('can be set forward and back, and advanced by milliseconds', () => {
    const clock = new TestClock();
    clock.set(NOON);
    expect(clock.now()).toEqual(NOON);
    clock.advance(1500);
    expect(clock.now()).toEqual(new Date('2030-01-02T12:00:01.500Z'));
    clock.set(new Date(0));
    expect(clock.now()).toEqual(new Date(0));
  });

  it('does not move if a date that it returned or received is changed', () => {
    const clock = new TestClock();
    const given = new Date(NOON);
    clock.set(given);
    given.setTime(0);
    clock.now().setTime(0);
    expect(clock.now()).toEqual(NOON);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('cannot be advanced by %d milliseconds', (ms) => {
    const clock = new TestClock();
    clock.set(NOON);
    expect(() => clock.advance(ms)).toThrow(MisuseError);
    expect(clock.now()).toEqual(NOON);
  });

  it('cannot be set to an invalid date', () => {
    expect(() => new TestClock().set(new Date('noon'))).toThrow(
      new MisuseError('a TestClock needs a valid date'),
    );
  });
});
