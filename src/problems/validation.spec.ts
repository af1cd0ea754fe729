import { Type } from 'class-transformer';
import { IsInt, IsString, Max, ValidateNested } from 'class-validator';
import { ProblemException } from './problem.exception';
import { readOrRefuse, refuseParameters, validationProblem } from './validation';

class Limit {
  @Max(10, { message: 'must be at most 10' })
  @IsInt({ message: 'must be a whole number' })
  limit!: unknown;
}

class Key {
  @IsString({ message: 'must be text' })
  name!: unknown;

  @ValidateNested()
  @Type(() => Limit)
  rateLimit!: unknown;
}

const good = { name: 'ingest', rateLimit: { limit: 1 } };

function faultsIn(read: () => unknown): unknown {
  try {
    read();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ProblemException)) throw error;
    return error.problem.errors;
  }
}

const listOf = (length: number): unknown => ({ ...good, rateLimit: Array.from({ length }, () => ({})) });

const faultsOf = (body: unknown): unknown => faultsIn(() => readOrRefuse(Key, body));

describe('reading a body', () => {
  it('accepts a valid body', () => {
    expect(faultsOf(good)).toBe('accepted');
  });

  it.each([
    ['a wrong field', { ...good, name: 1 }, '/name', 'must be text'],
    [
      'a wrong field within a field',
      { ...good, rateLimit: { limit: '1' } },
      '/rateLimit/limit',
      'must be a whole number',
    ],
    ['an unknown field', { ...good, ttl: 1 }, '/ttl', 'is not a known field'],
    [
      'an unknown field within a field',
      { ...good, rateLimit: { limit: 1, burst: 1 } },
      '/rateLimit/burst',
      'is not a known field',
    ],
    ['a name that a JSON Pointer escapes', { ...good, 'a/b~c': 1 }, '/a~1b~0c', 'is not a known field'],
  ])('rejects %s, and names it by a JSON Pointer', (_what, body, field, message) => {
    expect(faultsOf(body)).toEqual([{ field, message }]);
  });

  it('rejects a list of more than 1,000 elements [T23]', () => {
    const tooMany = 'contains a forbidden name, has too many elements, or is nested too deeply';
    expect(faultsOf(listOf(1001))).toEqual([{ field: '/rateLimit', message: tooMany }]);
    expect(faultsOf(listOf(3))).not.toContainEqual({ field: '/rateLimit', message: tooMany });
  });

  it('reports every invalid field', () => {
    expect(faultsOf({ name: 1, rateLimit: { limit: 'x' }, ttl: 1 })).toHaveLength(3);
  });

  it.each([null, undefined, 'text', 5, true, [], [good]])(
    'rejects a body that is not an object: %j',
    (body) => {
      expect(faultsOf(body)).not.toBe('accepted');
    },
  );

  it('does not convert numbers to text, or text to numbers', () => {
    const read = readOrRefuse(Key, good);
    expect(read).toBeInstanceOf(Key);
    expect(read).toMatchObject(good);
  });
});

describe('a route without parameters', () => {
  it('accepts a request without parameters', () => {
    expect(faultsIn(() => refuseParameters({}))).toBe('accepted');
  });

  it('reports every parameter as an unknown field, by a JSON Pointer', () => {
    expect(faultsIn(() => refuseParameters({ a: '1', 'b/c~d': ['2'] }))).toEqual([
      { field: '/a', message: 'is not a known field' },
      { field: '/b~1c~0d', message: 'is not a known field' },
    ]);
  });
});

describe('a validation problem', () => {
  it('lists the invalid fields', () => {
    const errors = [{ field: '/expiresAt', message: 'must be in the future' }];
    expect(validationProblem(errors).problem).toMatchObject({
      code: 'validation_failed',
      status: 400,
      errors,
    });
  });
});
