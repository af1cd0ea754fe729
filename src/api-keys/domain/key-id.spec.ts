import { foreignKeyId } from './token/foreign-token';
import { isImportedKeyId, isKeyId, newKeyId } from './key-id';

const NOON = new Date('2027-01-31T12:00:00Z');

describe('newKeyId', () => {
  it('returns unique ids in the format of key ids', () => {
    const ids = Array.from({ length: 1000 }, () => newKeyId(NOON));
    expect(ids.filter((id) => !isKeyId(id))).toEqual([]);
    expect(new Set(ids).size).toBe(1000);
  });
});

describe('isKeyId', () => {
  it.each(['01jd8x4k2m6n8p0q2r4s6t8v0w', '00000000000000000000000000', '7zzzzzzzzzzzzzzzzzzzzzzzzz'])(
    'accepts %s',
    (text) => {
      expect(isKeyId(text)).toBe(true);
    },
  );

  it.each([
    '',
    '01jd8x4k2m6n8p0q2r4s6t8v0',
    '01jd8x4k2m6n8p0q2r4s6t8v0w0',
    '01JD8X4K2M6N8P0Q2R4S6T8V0W',
    '81jd8x4k2m6n8p0q2r4s6t8v0w',
    '01jd8x4k2m6n8p0q2r4s6t8v0i',
    '01jd8x4k2m6n8p0q2r4s6t8v0l',
    '01jd8x4k2m6n8p0q2r4s6t8v0o',
    '01jd8x4k2m6n8p0q2r4s6t8v0u',
    '01jd8x4k2m6n8p0q2r4s6t8v0w\n',
    ' 1jd8x4k2m6n8p0q2r4s6t8v0w',
    '０1jd8x4k2m6n8p0q2r4s6t8v0w',
    '#hb:instance-of-acme-00000',
    '6650f0a1b2c3d4e5f6a7b8c9',
    'self',
    '../v1/api-keys/00000000000',
  ])('rejects %j', (text) => {
    expect(isKeyId(text)).toBe(false);
  });
});

describe('isImportedKeyId', () => {
  it.each([
    ['z1jd8x4k2m6n8p0q2r4s6t8v0w', true],
    ['01jd8x4k2m6n8p0q2r4s6t8v0z', false],
    [newKeyId(new Date()), false],
    [foreignKeyId('0'.repeat(64)), true],
  ])('for %s returns %j', (id, imported) => {
    expect(isImportedKeyId(id)).toBe(imported);
  });
});
