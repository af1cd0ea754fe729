import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable, Logger } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { keepFromCaches } from './cache-headers';
import { PROBLEM_MEDIA_TYPE, type Problem } from './problem';
import { isAnswered } from './answered';
import { toProblemException } from './problem-translation';

/**
 * Sends every error as `application/problem+json` (RFC 9457).
 *
 * @example app.useGlobalFilters(app.get(ProblemFilter));
 */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);
  private readonly logged = new WeakSet();

  constructor(protected readonly adapterHost: HttpAdapterHost) {}

  /** Logs each error object only once, because a permanent error is thrown again for every request. */
  private log(error: unknown): void {
    if (typeof error === 'object' && error !== null) {
      if (this.logged.has(error)) return;
      this.logged.add(error);
    }
    this.logger.error(error);
  }

  /** @throws the same error in other contexts than HTTP, such as GraphQL, whose servers answer in their own form */
  catch(thrown: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw thrown;
    const response = host.switchToHttp().getResponse<object>();
    if (isAnswered(response)) return;
    const { problem, headers, cause } = toProblemException(thrown);
    if (problem.code === 'internal_error') this.log(cause ?? thrown);
    const adapter = this.adapterHost.httpAdapter;
    if (adapter.isHeadersSent(response)) return;
    for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
    adapter.setHeader(response, 'Content-Type', PROBLEM_MEDIA_TYPE);
    keepFromCaches(adapter, response);
    const body = withInstance(problem, requestIdOf(adapter, response));
    // As text, because Nest 11 on Express sends an object with another media type.
    adapter.reply(response, JSON.stringify(body), problem.status);
  }
}

/**
 * Returns the request id in the headers of the response. Returns `undefined` if there is none or a URN cannot contain
 * it.
 */
function requestIdOf(adapter: AbstractHttpAdapter, response: unknown): string | undefined {
  const id: unknown = adapter.getHeader(response, 'X-Request-Id');
  return typeof id === 'string' && /^[\w.~-]{1,128}$/.test(id) ? id : undefined;
}

function withInstance(problem: Problem, requestId: string | undefined): Problem {
  return requestId === undefined ? problem : { ...problem, instance: `urn:keyward:request:${requestId}` };
}
