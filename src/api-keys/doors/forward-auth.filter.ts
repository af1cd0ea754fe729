import { type ArgumentsHost, Catch, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ProblemException } from '../../problems/problem.exception';
import { ProblemFilter } from '../../problems/problem.filter';
import { toProblemException } from '../../problems/problem-translation';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';

/**
 * Sends errors to a proxy with a status that it understands. 401 and 403 stay. 429 stays, or becomes 403 for proxies without
 * support for it. 400 becomes 401. Every other status becomes 503. The body is the usual problem.
 */
@Catch()
@Injectable()
export class ForwardAuthFilter extends ProblemFilter {
  constructor(
    adapterHost: HttpAdapterHost,
    @Inject(API_KEYS_OPTIONS) private readonly options: ApiKeysOptions,
  ) {
    super(adapterHost);
  }

  override catch(thrown: unknown, host: ArgumentsHost): void {
    const { problem, headers, cause } = toProblemException(thrown);
    const status = this.statusOf(problem.status);
    super.catch(new ProblemException({ ...problem, status }, headers, { cause }), host);
  }

  private statusOf(status: number): number {
    if (status === 429) return this.options.http?.forwardAuthLimitedStatus ?? 429;
    if (status === 401 || status === 403) return status;
    return status === 400 ? 401 : 503;
  }
}
