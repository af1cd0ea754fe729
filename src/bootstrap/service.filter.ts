import { type ArgumentsHost, Catch, Injectable, NotFoundException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { problemOf } from '../problems/problem';
import { ProblemException } from '../problems/problem.exception';
import { ProblemFilter } from '../problems/problem.filter';
import { AllowedMethods } from './allowed-methods';

/** The service's filter: problems, and 405 where a path is served but not by the method of the request. */
@Catch()
@Injectable()
export class ServiceFilter extends ProblemFilter {
  constructor(
    adapterHost: HttpAdapterHost,
    private readonly allowedMethods: AllowedMethods,
  ) {
    super(adapterHost);
  }

  override catch(thrown: unknown, host: ArgumentsHost): void {
    super.catch(thrown instanceof NotFoundException ? this.unmatched(thrown, host) : thrown, host);
  }

  private unmatched(thrown: NotFoundException, host: ArgumentsHost): unknown {
    const request = host.switchToHttp().getRequest<unknown>();
    const adapter = this.adapterHost.httpAdapter;
    const path = String(adapter.getRequestUrl(request)).split('?', 1)[0] ?? '';
    const allowed = this.allowedMethods.of(path);
    if (allowed.length === 0 || allowed.includes(String(adapter.getRequestMethod(request)))) return thrown;
    return new ProblemException(problemOf('method_not_allowed', `Use ${allowed.join(', ')}.`), {
      Allow: allowed.join(', '),
    });
  }
}
