import { HttpException } from '@nestjs/common';
import type { KeywardError } from './keyward.error';
import { type Problem, problemOf } from './problem';

/**
 * A problem on its way to the client. An `HttpException`, so that an application without Keyward's filter
 * still answers with its status and its members.
 */
export class ProblemException extends HttpException {
  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super({ ...problem }, problem.status, options);
    // Filters of a host application answer with the message.
    this.message = problem.detail ?? problem.title;
  }

  /** The problem that one of Keyward's own errors is, over HTTP. */
  static of(error: KeywardError): ProblemException {
    const problem = problemOf(error.code, error.message, error.extensions);
    return new ProblemException(problem, problem.status === 503 ? { 'Retry-After': '1' } : {}, {
      cause: error,
    });
  }
}
