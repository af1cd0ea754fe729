import { HttpException } from '@nestjs/common';
import { KeywardError } from './keyward.error';
import { problemOf } from './problem';
import { ProblemException } from './problem.exception';

describe('a problem', () => {
  it('has the members of RFC 9457 and a stable code', () => {
    expect(problemOf('not_found')).toEqual({
      type: 'urn:keyward:problem:not_found',
      title: 'There is no such resource',
      status: 404,
      code: 'not_found',
    });
  });

  it('has a detail and the invalid fields, if there are any', () => {
    const errors = [{ field: '/name', message: 'must be text' }];
    expect(problemOf('validation_failed', 'Correct them.', { errors })).toMatchObject({
      detail: 'Correct them.',
      errors,
    });
  });
});

describe('ProblemException', () => {
  const exception = new ProblemException(problemOf('key_expired', 'Ask for a new key.'), { 'X-Any': '1' });

  it('is an HttpException with the status and the members of the problem', () => {
    expect(exception).toBeInstanceOf(HttpException);
    expect(exception.getStatus()).toBe(401);
    expect(exception.getResponse()).toEqual(exception.problem);
  });

  it('has the headers of the response', () => {
    expect(exception.headers).toEqual({ 'X-Any': '1' });
  });
});

describe('KeywardError', () => {
  class GlobexError extends KeywardError {
    constructor(cause?: unknown) {
      super('concurrent_change', 'Try again.', {}, { cause });
    }
  }

  it('has the name of the subclass, a code and a message', () => {
    expect(new GlobexError()).toMatchObject({
      name: 'GlobexError',
      code: 'concurrent_change',
      message: 'Try again.',
    });
  });

  it('becomes a problem with the same code, without its cause', () => {
    const error = new GlobexError(new Error('mongodb://root:hunter2@db'));
    const exception = ProblemException.of(error);
    expect(exception.problem).toEqual(problemOf('concurrent_change', 'Try again.'));
    expect(exception.headers).toEqual({});
    expect(exception.cause).toBe(error);
    expect(JSON.stringify(exception.getResponse())).not.toContain('hunter2');
  });

  it('becomes a 503 with Retry-After if the store is unavailable', () => {
    const exception = ProblemException.of(new KeywardError('storage_unavailable', 'Try again.'));
    expect(exception.getStatus()).toBe(503);
    expect(exception.headers).toEqual({ 'Retry-After': '1' });
  });
});
