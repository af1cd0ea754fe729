import type { Problem } from '../../problems/problem';
import type { ProblemException } from '../../problems/problem.exception';

const CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
};

/** The members of a GraphQL error that only servers of Keyward add. */
interface RejectionExtensions {
  readonly code: string;
  readonly problem: Problem;
  /** Seconds until the next attempt, if the problem has such a time. */
  readonly retryAfter?: number;
}

/**
 * A rejected field. GraphQL servers copy `extensions` to the error in the response, so Keyward needs no GraphQL package. Has
 * no stack, because Apollo sends it in development.
 */
export class GraphqlRejection extends Error {
  readonly extensions: RejectionExtensions;

  constructor({ problem, headers, message, cause }: ProblemException) {
    super(message, { cause });
    this.name = 'GraphqlRejection';
    this.stack = `${this.name}: ${message}`;
    const retryAfter = Number(headers['Retry-After']);
    this.extensions = {
      code: CODES[problem.status] ?? 'INTERNAL_SERVER_ERROR',
      problem,
      ...(Number.isFinite(retryAfter) && { retryAfter }),
    };
  }
}
