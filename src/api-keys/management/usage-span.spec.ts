import { UnacceptableFieldError } from '../../problems/unacceptable-field.error';
import { usageSpanOf } from './usage-span';

const NOW = new Date('2027-01-31T12:34:56.789Z');
const date = (text: string): Date => new Date(text);

describe('a span of usage', () => {
  it.each([
    ['no start and no end', {}, '2027-01-30T12:00:00.000Z', NOW.toISOString()],
    ['a start', { from: date('2027-01-31T09:59:59.999Z') }, '2027-01-31T09:00:00.000Z', NOW.toISOString()],
    ['an end', { to: date('2027-01-10T00:30:00Z') }, '2027-01-09T00:00:00.000Z', '2027-01-10T00:30:00.000Z'],
    [
      'a start and an end',
      { from: date('2027-01-10T00:00:00Z'), to: date('2027-01-11T00:00:00Z') },
      '2027-01-10T00:00:00.000Z',
      '2027-01-11T00:00:00.000Z',
    ],
    [
      'the maximum length',
      { from: date('2026-12-31T12:34:56.789Z') },
      '2026-12-31T12:00:00.000Z',
      NOW.toISOString(),
    ],
    [
      'a start and an end in the future',
      { from: date('2027-02-01T00:00:00Z'), to: date('2027-02-02T00:00:00Z') },
      '2027-02-01T00:00:00.000Z',
      '2027-02-02T00:00:00.000Z',
    ],
  ])('is computed for a request with %s', (_what, request, from, to) => {
    expect(usageSpanOf(request, NOW)).toEqual({ from: date(from), to: date(to) });
  });

  it.each([
    ['ends before it begins', { from: date('2027-01-11T00:00:00Z'), to: date('2027-01-10T00:00:00Z') }],
    ['has no length', { from: date('2027-01-11T00:00:00Z'), to: date('2027-01-11T00:00:00Z') }],
    ['begins in the future and ends now', { from: date('2027-01-31T12:34:56.790Z') }],
    ['is too long by a millisecond', { from: date('2026-12-31T12:34:56.788Z') }],
    ['begins before 1970', { to: date('1970-01-01T23:59:59.999Z') }],
    ['covers 10,000 years', { from: date('0000-01-01T00:00:00Z'), to: date('9999-12-31T00:00:00Z') }],
  ])('is rejected if it %s', (_what, request) => {
    expect(() => usageSpanOf(request, NOW)).toThrow(UnacceptableFieldError);
  });
});
