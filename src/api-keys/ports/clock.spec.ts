import { systemClock } from './clock';

describe("the machine's clock", () => {
  const noon = new Date('2027-01-31T12:00:00Z');

  beforeEach(() => jest.useFakeTimers({ now: noon }));
  afterEach(() => jest.useRealTimers());

  it('tells the time', () => {
    expect(systemClock.now()).toEqual(noon);
  });

  it('hands out a date that its reader may keep and change', () => {
    systemClock.now().setFullYear(1970);
    expect(systemClock.now()).toEqual(noon);
  });
});
