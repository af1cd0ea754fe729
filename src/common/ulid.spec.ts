import * as fc from 'fast-check';
import { decodeTime } from 'ulid';
import { isUlid, newUlid } from './ulid';

const NOON = new Date('2027-01-31T12:00:00Z');

describe('new ULIDs', () => {
  it('are lower-case and unique', () => {
    const ids = Array.from({ length: 1000 }, () => newUlid(NOON));
    expect(ids.filter((id) => !isUlid(id))).toEqual([]);
    expect(new Set(ids).size).toBe(1000);
  });

  it('sort in the order of their creation, even if the clock stops or moves back', () => {
    const minutes = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(minutes, (steps) => {
        const ids = steps.map((step) => newUlid(new Date(NOON.getTime() + step * 60_000)));
        expect(ids.toSorted()).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it('contain their creation time', () => {
    const later = new Date('2030-01-31T12:00:00Z');
    expect(decodeTime(newUlid(later).toUpperCase())).toBe(later.getTime());
  });
});

describe('the ULID check', () => {
  it.each(['01jd8x4k2m6n8p0q2r4s6t8v0w', '00000000000000000000000000', '7zzzzzzzzzzzzzzzzzzzzzzzzz'])(
    'accepts %s',
    (text) => {
      expect(isUlid(text)).toBe(true);
    },
  );

  it.each([
    '',
    '01jd8x4k2m6n8p0q2r4s6t8v0',
    '01jd8x4k2m6n8p0q2r4s6t8v0w0',
    '01JD8X4K2M6N8P0Q2R4S6T8V0W',
    '81jd8x4k2m6n8p0q2r4s6t8v0w',
    'z1jd8x4k2m6n8p0q2r4s6t8v0w',
    '01jd8x4k2m6n8p0q2r4s6t8v0u',
    '01jd8x4k2m6n8p0q2r4s6t8v0w\n',
    '６1jd8x4k2m6n8p0q2r4s6t8v0w',
  ])('rejects %j', (text) => {
    expect(isUlid(text)).toBe(false);
  });
});
