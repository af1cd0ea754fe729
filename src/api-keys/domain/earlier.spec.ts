import { earlierOf } from './earlier';

const [noon, later] = [new Date('2027-01-31T12:00:00Z'), new Date('2027-01-31T12:00:00.001Z')];

describe('earlierOf', () => {
  it.each<[string, Date | undefined, Date | undefined, Date | undefined]>([
    ['the first moment if it is earlier', noon, later, noon],
    ['the second moment if it is earlier', later, noon, noon],
    ['the second moment if the first is absent', undefined, noon, noon],
    ['the first moment if the second is absent', noon, undefined, noon],
    ['undefined if both are absent', undefined, undefined, undefined],
  ])('returns %s', (_which, one, other, expected) => {
    expect(earlierOf(one, other)).toBe(expected);
  });

  it('returns its first argument if both moments are equal', () => {
    expect(earlierOf(noon, new Date(noon))).toBe(noon);
  });
});
