import { dayOf, daysAfter, hourOf } from './usage';

const at = (text: string): Date => new Date(text);

describe('hourOf', () => {
  it.each([
    ['2030-01-02T03:04:05.678Z', '2030-01-02T03:00:00.000Z'],
    ['2030-01-02T03:00:00.000Z', '2030-01-02T03:00:00.000Z'],
    ['2030-01-02T03:59:59.999Z', '2030-01-02T03:00:00.000Z'],
    ['1969-12-31T23:30:00.000Z', '1969-12-31T23:00:00.000Z'],
  ])('maps %s to %s', (moment, began) => {
    expect(hourOf(at(moment))).toEqual(at(began));
  });
});

describe('dayOf', () => {
  it.each([
    ['2030-01-02T03:04:05.678Z', '2030-01-02T00:00:00.000Z'],
    ['2030-01-02T00:00:00.000Z', '2030-01-02T00:00:00.000Z'],
    ['2030-01-02T23:59:59.999Z', '2030-01-02T00:00:00.000Z'],
    ['1969-12-31T23:30:00.000Z', '1969-12-31T00:00:00.000Z'],
  ])('maps %s to %s', (moment, began) => {
    expect(dayOf(at(moment))).toEqual(at(began));
  });
});

describe('daysAfter', () => {
  it.each([
    [1, '2030-01-03T03:04:05.678Z'],
    [-2, '2029-12-31T03:04:05.678Z'],
    [0, '2030-01-02T03:04:05.678Z'],
  ])('adds %i days and returns %s', (days, expected) => {
    expect(daysAfter(at('2030-01-02T03:04:05.678Z'), days)).toEqual(at(expected));
  });
});
