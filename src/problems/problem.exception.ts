import { HttpException } from '@nestjs/common';
import type { KeywardError } from './keyward.error';
import { type Problem, problemOf } from './problem';
import { isProblemCode, type ProblemCode } from './problem-catalogue';

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

  /**
   * Returns a problem with a code of the catalogue.
   *
   * @param detail what to change; it never repeats a credential
   * @example throw ProblemException.from('invalid_request', 'Percent-encode parameters as UTF-8.');
   */
  static from(
    code: ProblemCode,
    detail?: string,
    headers: Readonly<Record<string, string>> = {},
  ): ProblemException {
    return new ProblemException(problemOf(code, detail), headers);
  }

  /** Returns the problem that one of Keyward's own errors is over HTTP: `internal_error` unless it is for clients. */
  static of(error: KeywardError): ProblemException {
    const { code, message, extensions } = error;
    if (!isProblemCode(code) || code === 'internal_error') return internalProblem(error);
    const problem = problemOf(code, message, extensions);
    return new ProblemException(problem, problem.status === 503 ? { 'Retry-After': '1' } : {}, {
      cause: error,
    });
  }
}

/** Returns a problem that tells the client nothing of its cause. */
export function internalProblem(cause: unknown): ProblemException {
  return new ProblemException(
    problemOf('internal_error', 'The failure was logged; try again later.'),
    {},
    { cause },
  );
}
