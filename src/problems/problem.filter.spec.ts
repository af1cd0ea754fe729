import { type ArgumentsHost, Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { problemOf } from './problem';
import { ProblemException } from './problem.exception';
import { ProblemFilter } from './problem.filter';

/** A filter, and the response that its adapter writes. */
function answering(
  headersSent = false,
  requestId?: string,
): {
  filter: ProblemFilter;
  host: ArgumentsHost;
  answer: Map<string, unknown>;
} {
  const answer = new Map<string, unknown>();
  const httpAdapter = {
    isHeadersSent: () => headersSent,
    getHeader: (_response: unknown, name: string) => (name === 'X-Request-Id' ? requestId : undefined),
    setHeader: (_response: unknown, name: string, value: string) => answer.set(name, value),
    reply: (_response: unknown, body: unknown, status: number) =>
      answer.set('body', JSON.parse(String(body))).set('status', status),
  };
  const host = { getType: () => 'http', switchToHttp: () => ({ getResponse: () => ({}) }) };
  return {
    filter: new ProblemFilter({ httpAdapter } as unknown as HttpAdapterHost),
    host: host as unknown as ArgumentsHost,
    answer,
  };
}

describe('the problem filter', () => {
  const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);

  beforeEach(() => logged.mockClear());
  afterAll(() => logged.mockRestore());

  it('sends a problem with its headers and Cache-Control: no-store', () => {
    const { filter, host, answer } = answering();
    const problem = problemOf('missing_credential');
    filter.catch(new ProblemException(problem, { 'WWW-Authenticate': 'Bearer realm="acme"' }), host);
    expect(Object.fromEntries(answer)).toEqual({
      'WWW-Authenticate': 'Bearer realm="acme"',
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      Vary: 'Authorization, X-API-Key',
      body: problem,
      status: 401,
    });
    expect(logged).not.toHaveBeenCalled();
  });

  it('logs an unexpected error, and sends a 500 without its cause', () => {
    const { filter, host, answer } = answering();
    const error = new Error('mongodb://root:hunter2@db');
    filter.catch(error, host);
    expect(logged).toHaveBeenCalledWith(error);
    expect(answer.get('status')).toBe(500);
    expect(JSON.stringify([...answer])).not.toContain('hunter2');
  });

  it('sends the request id as the instance if a URN can contain it', () => {
    const named = answering(false, 'req-7.a~_');
    named.filter.catch(new ProblemException(problemOf('not_found')), named.host);
    expect(named.answer.get('body')).toEqual({
      ...problemOf('not_found'),
      instance: 'urn:keyward:request:req-7.a~_',
    });
    const odd = answering(false, 'a b"c');
    odd.filter.catch(new ProblemException(problemOf('not_found')), odd.host);
    expect(odd.answer.get('body')).toEqual(problemOf('not_found'));
  });

  it.each(['graphql', 'ws', 'rpc'])(
    'throws the error again in the context %s, for the filters of its server',
    (type) => {
      const { filter, host, answer } = answering();
      const error = new ProblemException(problemOf('missing_credential'));
      expect(() => filter.catch(error, { ...host, getType: () => type } as ArgumentsHost)).toThrow(error);
      expect([answer.size, logged.mock.calls.length]).toEqual([0, 0]);
    },
  );

  it('logs an error but sends nothing if the headers are already sent', () => {
    const { filter, host, answer } = answering(true);
    filter.catch(new Error('too late'), host);
    expect(answer.size).toBe(0);
    expect(logged).toHaveBeenCalledTimes(1);
  });
});
