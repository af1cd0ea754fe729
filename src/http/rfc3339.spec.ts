import * as fc from 'fast-check';
import { parseRfc3339 } from './rfc3339';

const NOON = '2027-01-31T12:00:00.000Z';

describe('a date and time', () => {
  it.each([
    ['2027-01-31T12:00:00Z', NOON],
    ['2027-01-31t12:00:00z', NOON],
    ['2027-01-31T12:00:00+00:00', NOON],
    ['2027-01-31T12:00:00-00:00', NOON],
    ['2027-01-31T14:00:00+02:00', NOON],
    ['2027-01-31T06:30:00-05:30', NOON],
    ['2027-02-01T11:59:00+23:59', NOON],
    ['2027-01-31T12:00:00.0Z', NOON],
    ['2027-01-31T12:00:00.123456789Z', '2027-01-31T12:00:00.123Z'],
    ['2027-01-31T12:00:00.9999Z', '2027-01-31T12:00:00.999Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59.000Z'],
  ])('is parsed: %s is %s', (text, moment) => {
    expect(parseRfc3339(text)?.toISOString()).toBe(moment);
  });

  it.each([
    ['an empty text', ''],
    ['a day', '2027-01-31'],
    ['no offset', '2027-01-31T12:00:00'],
    ['no offset, with a fraction', '2027-01-31T12:00:00.000'],
    ['no seconds', '2027-01-31T12:00Z'],
    ['a space for the T', '2027-01-31 12:00:00Z'],
    ['an offset without a colon', '2027-01-31T12:00:00+0200'],
    ['an offset of hours', '2027-01-31T12:00:00+02'],
    ['an offset of 24 hours', '2027-01-31T12:00:00+24:00'],
    ['an offset of 60 minutes', '2027-01-31T12:00:00+02:60'],
    ['two offsets', '2027-01-31T12:00:00Z+02:00'],
    ['a Unicode minus sign', '2027-01-31T12:00:00−02:00'],
    ['February 29 in a year without one', '2027-02-29T00:00:00Z'],
    ['February 29 in 2100', '2100-02-29T00:00:00Z'],
    ['February 30', '2028-02-30T00:00:00Z'],
    ['April 31', '2027-04-31T00:00:00Z'],
    ['day 0', '2027-01-00T00:00:00Z'],
    ['day 32', '2027-01-32T00:00:00Z'],
    ['month 0', '2027-00-10T00:00:00Z'],
    ['month 13', '2027-13-01T00:00:00Z'],
    ['24 hours', '2027-01-31T24:00:00Z'],
    ['60 minutes', '2027-01-31T12:60:00Z'],
    ['a leap second', '2027-01-31T23:59:60Z'],
    ['61 seconds', '2027-01-31T12:00:61Z'],
    ['a year of five digits', '12027-01-31T12:00:00Z'],
    ['a signed year', '+002027-01-31T12:00:00Z'],
    ['a year of two digits', '27-01-31T12:00:00Z'],
    ['a month of one digit', '2027-1-31T12:00:00Z'],
    ['a fraction without digits', '2027-01-31T12:00:00.Z'],
    ['a fraction of ten digits', '2027-01-31T12:00:00.0123456789Z'],
    ['a comma before the fraction', '2027-01-31T12:00:00,5Z'],
    ['a time zone by name', '2027-01-31T12:00:00[Europe/Berlin]'],
    ['RFC 1123', 'Sun, 31 Jan 2027 12:00:00 GMT'],
    ['a number', '1801396800000'],
    ['a space before it', ' 2027-01-31T12:00:00Z'],
    ['a newline after it', '2027-01-31T12:00:00Z\n'],
    ['NUL after it', '2027-01-31T12:00:00Z\0'],
    ['full-width digits', '２０２７-01-31T12:00:00Z'],
    ['Arabic digits', '٢٠٢٧-01-31T12:00:00Z'],
  ])('is rejected if it is or contains %s: %j [T15]', (_what, text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });

  it('is parsed from the output of Date.toISOString() without a change', () => {
    const dates = fc.date({
      min: new Date('1970-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseRfc3339(date.toISOString())).toEqual(date);
      }),
    );
  });

  it.each(['9999-12-31T23:59:59-00:01', '0000-01-01T00:00:00+00:01'])(
    'is rejected if its year in UTC is not between 0 and 9999: %s',
    (text) => {
      expect(parseRfc3339(text)).toBeUndefined();
    },
  );
});
