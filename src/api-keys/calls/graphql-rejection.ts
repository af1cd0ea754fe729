import type { Problem } from '../../problems/problem';
import type { ProblemException } from '../../problems/problem.exception';
import { type RetryAfter, retryAfterOf } from './retry-after';

const CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
};

/** The members of a GraphQL error that only servers of Keyward add. */
interface RejectionExtensions extends RetryAfter {
  readonly code: string;
  readonly problem: Problem;
}

/**
 * A rejected field. GraphQL servers copy `extensions` to the error in the response, so Keyward needs no GraphQL package. Has
 * no stack, because Apollo sends it in development.
 */
export class GraphqlRejection extends Error {
  readonly extensions: RejectionExtensions;

  constructor(exception: ProblemException) {
    const { problem, message, cause } = exception;
    super(message, { cause });
    this.name = 'GraphqlRejection';
    this.stack = `${this.name}: ${message}`;
    this.extensions = {
      code: CODES[problem.status] ?? 'INTERNAL_SERVER_ERROR',
      problem,
      ...retryAfterOf(exception),
    };
  }
}
