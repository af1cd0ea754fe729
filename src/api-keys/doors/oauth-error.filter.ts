import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { keepFromCaches } from '../../problems/cache-headers';
import type { ProblemCode } from '../../problems/problem-catalogue';
import { isAnswered } from '../../problems/answered';
import { ProblemException } from '../../problems/problem.exception';
import { toProblemException } from '../../problems/problem-translation';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { type OAuthErrorCode, OAuthErrorDto } from './oauth-error.dto';

const BY_CODE: Partial<Readonly<Record<ProblemCode, OAuthErrorCode>>> = {
  invalid_scope: 'invalid_scope',
  insufficient_scope: 'insufficient_scope',
  binding_mismatch: 'access_denied',
  ip_not_allowed: 'access_denied',
  internal_error: 'server_error',
};

const BY_STATUS: Readonly<Record<number, OAuthErrorCode>> = {
  401: 'invalid_client',
  403: 'access_denied',
  429: 'temporarily_unavailable',
  503: 'temporarily_unavailable',
};

/** Sends errors in the format of OAuth 2.0 (RFC 6749 section 5.2), with the problem code. */
@Catch()
@Injectable()
export class OAuthErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(OAuthErrorFilter.name);

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(API_KEYS_OPTIONS) private readonly options: ApiKeysOptions,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<object>();
    if (isAnswered(response)) return;
    const { problem, headers } = asFormsSeeIt(toProblemException(thrown));
    if (problem.status === 500) this.logger.error(thrown);
    const adapter = this.adapterHost.httpAdapter;
    for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
    if (problem.status === 401) {
      const challenges = [
        headers['WWW-Authenticate'],
        `Basic realm="${this.options.http?.realm ?? 'keyward'}"`,
      ];
      adapter.setHeader(response, 'WWW-Authenticate', challenges.filter(Boolean).join(', '));
    }
    adapter.setHeader(response, 'Content-Type', 'application/json');
    keepFromCaches(adapter, response);
    const faults = (problem.errors ?? []).map(({ field, message }) => `${field.slice(1)} ${message}`);
    const body: OAuthErrorDto = {
      error: BY_CODE[problem.code] ?? BY_STATUS[problem.status] ?? 'invalid_request',
      error_description: described(faults.length > 0 ? faults.join('; ') : (problem.detail ?? problem.title)),
      code: problem.code,
    };
    adapter.reply(response, JSON.stringify(body), problem.status);
  }
}

/** Returns a description without the characters that RFC 6749 section 5.2 forbids. */
function described(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x5b\x5d-\x7e]/g, '');
}

/** Replaces errors of the host's JSON parser. Their text tells the client to send JSON, but this route requires a form. */
function asFormsSeeIt(exception: ProblemException): ProblemException {
  const { code } = exception.problem;
  if (code !== 'invalid_json' && code !== 'unsupported_media_type') return exception;
  return ProblemException.from(
    'unsupported_media_type',
    'Send the body as application/x-www-form-urlencoded.',
  );
}
