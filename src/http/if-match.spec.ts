import * as fc from 'fast-check';
import { ProblemException } from '../problems/problem.exception';
import { entityTag, readIfMatch } from './if-match';

describe('the ETag of a key', () => {
  it('is the version of the key as a strong entity tag', () => {
    expect(entityTag(1)).toBe('"1"');
    expect(entityTag(12)).toBe('"12"');
  });

  it('is parsed back to the version', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999_999_999 }), (version) => {
        expect(readIfMatch(entityTag(version))).toEqual([version]);
      }),
    );
  });
});

describe('If-Match', () => {
  it.each([
    ['absent', undefined],
    ['*', '*'],
    ['* and spaces', ' * '],
  ])('matches every version if it is %s', (_what, header) => {
    expect(readIfMatch(header)).toBeUndefined();
  });

  it.each([
    ['"1"', [1]],
    [' "1" ', [1]],
    ['"1","2"', [1, 2]],
    ['"1" , "2"\t,"3"', [1, 2, 3]],
    ['"1",', [1]],
    ['"10", "9"', [10, 9]],
    ['"1", W/"2", "3"', [1, 3]],
    ['"1", "other"', [1]],
    ['"other", "5"', [5]],
    ['"a,b", "5"', [5]],
    ['"W/5", "6"', [6]],
    ['"1"'.concat(', "2"'.repeat(200)), [1, ...Array.from({ length: 200 }, () => 2)]],
  ])('matches the versions in %s', (header, versions) => {
    expect(readIfMatch(header)).toEqual(versions);
  });

  it.each([
    ['a weak tag', 'W/"1"'],
    ['weak tags', 'W/"1", W/"2"'],
    ['the tag of something else', '"abc"'],
    ['an empty tag', '""'],
    ['version 0', '"0"'],
    ['a negative version', '"-1"'],
    ['a leading zero', '"01"'],
    ['a fraction', '"1.0"'],
    ['an exponent', '"1e0"'],
    ['a hexadecimal number', '"0x1"'],
    ['a number above the safe range', '"99999999999999999999"'],
    ['a list within one tag', '"1,2"'],
    ['a tag that quotes a weak one', '"W/1"'],
  ])('matches no version for %s: %s', (_what, header) => {
    expect(readIfMatch(header)).toEqual([]);
  });

  it.each([
    '',
    ' ',
    '1',
    '1, 2',
    '"1',
    '1"',
    '"',
    '"""',
    "'1'",
    '"1" "2"',
    '"1""2"',
    '"1";"2"',
    'w/"1"',
    'W/1',
    'W/',
    'W/ "1"',
    'W/*',
    '*, "1"',
    '"1", *',
    '**',
    '"1 2"',
    '"1\n"',
    '"1\0"',
    '\\"1\\"',
    '“1”',
  ])('is rejected with 400 invalid_request if it is malformed: %j', (header) => {
    expect(() => readIfMatch(header)).toThrow(ProblemException);
    expect(() => readIfMatch(header)).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code: 'invalid_request', status: 400 }) }),
    );
  });

  it.each([
    ['empty list elements, which it ignores', ',"1",, "2"', [1, 2]],
    ['a tag beyond ASCII, which it does not match', '"é", "1"', [1]],
  ])('accepts %s', (_what, header, versions) => {
    expect(readIfMatch(header)).toEqual(versions);
  });

  it('is parsed quickly, even if it is long', () => {
    const header = `${'"1",'.repeat(20_000)}x`;
    expect(() => readIfMatch(header)).toThrow(ProblemException);
  });
});
