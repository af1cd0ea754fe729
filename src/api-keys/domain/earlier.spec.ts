import { earlierOf } from './earlier';

const [noon, later] = [new Date('2027-01-31T12:00:00Z'), new Date('2027-01-31T12:00:00.001Z')];

describe('the earlier of two moments', () => {
  it.each<[string, Date | undefined, Date | undefined, Date | undefined]>([
    ['the first', noon, later, noon],
    ['the second', later, noon, noon],
    ['the one that comes at all', undefined, noon, noon],
    ['whichever that is', noon, undefined, noon],
    ['never', undefined, undefined, undefined],
  ])('is %s', (_which, one, other, expected) => {
    expect(earlierOf(one, other)).toBe(expected);
  });

  it('is the very first where they are equal, so that nothing needs to be copied', () => {
    expect(earlierOf(noon, new Date(noon))).toBe(noon);
  });
});
