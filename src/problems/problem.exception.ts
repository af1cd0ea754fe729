import { HttpException } from '@nestjs/common';
import type { KeywardError } from './keyward.error';
import { type Problem, problemOf } from './problem';
import { isProblemCode, type ProblemCode } from './problem-catalogue';

/**
 * A problem as an `HttpException` of Nest. Therefore, an application without Keyward's filter responds with the same
 * status and members.
 */
export class ProblemException extends HttpException {
  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super({ ...problem }, problem.status, options);
    // Filters of the host may send the message.
    this.message = problem.detail ?? problem.title;
  }

  /**
   * Returns a problem with a code of the catalogue.
   *
   * @param detail what the client must change; must not contain a credential
   * @example throw ProblemException.from('invalid_request', 'Percent-encode parameters as UTF-8.');
   */
  static from(
    code: ProblemCode,
    detail?: string,
    headers: Readonly<Record<string, string>> = {},
  ): ProblemException {
    return new ProblemException(problemOf(code, detail), headers);
  }

  /**
   * Returns the problem for an error of Keyward. It is `internal_error` unless the code of the error is a problem code.
   */
  static of(error: KeywardError): ProblemException {
    const { code, message, extensions } = error;
    if (!isProblemCode(code) || code === 'internal_error') return internalProblem(error);
    const problem = problemOf(code, message, extensions);
    return new ProblemException(problem, problem.status === 503 ? { 'Retry-After': '1' } : {}, {
      cause: error,
    });
  }
}

/** Returns a problem that hides its cause from the client. */
export function internalProblem(cause: unknown): ProblemException {
  return new ProblemException(
    problemOf('internal_error', 'The error was logged. Try again later.'),
    {},
    { cause },
  );
}
