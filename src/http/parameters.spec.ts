import { ProblemException } from '../problems/problem.exception';
import { readParameters } from './parameters';

function codeOf(text: string): unknown {
  try {
    return readParameters(text);
  } catch (error) {
    return error instanceof ProblemException ? error.problem.code : error;
  }
}

describe('parameters', () => {
  it.each([
    ['', {}],
    ['a=1&b=2', { a: '1', b: '2' }],
    ['a=1&a=2&a=3', { a: ['1', '2', '3'] }],
    ['a&b=', { a: '', b: '' }],
    ['&a=1&&', { a: '1' }],
    ['a+b=c%20d%26', { 'a b': 'c d&' }],
    ['a[]=1&a.b=2', { 'a[]': '1', 'a.b': '2' }],
  ])('are parsed without nesting: %j', (text, parameters) => {
    expect(readParameters(text)).toEqual(parameters);
  });

  it.each(['%', '%zz=1', 'a=%ED%A0%80', 'a=%E9'])('are rejected if they are not UTF-8: %j', (text) => {
    expect(codeOf(text)).toBe('invalid_request');
  });

  it('are own properties, even with names such as __proto__', () => {
    expect(Object.keys(readParameters('__proto__=1&constructor=2'))).toEqual(['__proto__', 'constructor']);
  });

  it('are rejected if there are more than 100 [T23]', () => {
    expect(readParameters('a&'.repeat(99))).toEqual({ a: Array.from({ length: 99 }, () => '') });
    expect(codeOf('a&'.repeat(101))).toBe('invalid_request');
    expect(codeOf(`token=x&${'token=1&'.repeat(30_000)}`)).toBe('invalid_request');
  });
});
