import { systemClock } from './clock';

describe('the system clock', () => {
  const noon = new Date('2027-01-31T12:00:00Z');

  beforeEach(() => jest.useFakeTimers({ now: noon }));
  afterEach(() => jest.useRealTimers());

  it('returns the current time', () => {
    expect(systemClock.now()).toEqual(noon);
  });

  it('returns a new date that the caller can change', () => {
    systemClock.now().setFullYear(1970);
    expect(systemClock.now()).toEqual(noon);
  });
});
