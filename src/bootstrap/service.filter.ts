import { type ArgumentsHost, Catch, Injectable, NotFoundException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OAuthErrorFilter } from '../api-keys/doors/oauth-error.filter';
import { ProblemException } from '../problems/problem.exception';
import { ProblemFilter } from '../problems/problem.filter';
import { AllowedMethods } from './allowed-methods';

/** Matches the routes for OAuth clients. */
const OAUTH_PATH = /^\/oauth2\//;

/**
 * The exception filter of the service. It answers with problems, and with 405 if a path exists but not for the method
 * of the request. Failures before a controller's own filter, such as an invalid body, also arrive here. Therefore, this
 * filter answers OAuth routes with OAuth errors.
 */
@Catch()
@Injectable()
export class ServiceFilter extends ProblemFilter {
  constructor(
    adapterHost: HttpAdapterHost,
    private readonly allowedMethods: AllowedMethods,
    private readonly oauthErrors: OAuthErrorFilter,
  ) {
    super(adapterHost);
  }

  override catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<unknown>();
    const path = String(this.adapterHost.httpAdapter.getRequestUrl(request)).split('?', 1)[0] ?? '';
    const error = thrown instanceof NotFoundException ? this.unmatched(thrown, request, path) : thrown;
    if (OAUTH_PATH.test(path)) this.oauthErrors.catch(error, host);
    else super.catch(error, host);
  }

  private unmatched(thrown: NotFoundException, request: unknown, path: string): unknown {
    const adapter = this.adapterHost.httpAdapter;
    const allowed = this.allowedMethods.of(path);
    if (allowed.length === 0 || allowed.includes(String(adapter.getRequestMethod(request)))) return thrown;
    return ProblemException.from('method_not_allowed', `Use ${allowed.join(', ')}.`, {
      Allow: allowed.join(', '),
    });
  }
}
