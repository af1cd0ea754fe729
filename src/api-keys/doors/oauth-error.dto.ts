import { ApiExtraModels, ApiProperty, ApiResponse, ApiSchema, getSchemaPath } from '../../openapi/decorators';
import { PROBLEM_CATALOGUE, type ProblemCode } from '../../problems/problem-catalogue';
import { applyDecorators } from '@nestjs/common';

/** An error code of OAuth 2.0: RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_scope'
  | 'insufficient_scope'
  | 'access_denied'
  | 'temporarily_unavailable'
  | 'server_error';

/** An error of OAuth 2.0. */
@ApiSchema({ name: 'OAuthError' })
export class OAuthErrorDto {
  /** @example "invalid_request" */
  error!: OAuthErrorCode;

  /**
   * What to change.
   * @example "token must be sent exactly once"
   */
  error_description!: string;

  /**
   * The problem code.
   * @example "validation_failed"
   */
  @ApiProperty({ enum: Object.keys(PROBLEM_CATALOGUE), enumName: 'ProblemCode' })
  code!: ProblemCode;
}

const ERRORS: Readonly<Record<number, string>> = {
  400: '`invalid_request`: the form is malformed; `invalid_scope`: its `scope` is malformed',
  401: '`invalid_client`: the request has no valid API key',
  403: '`insufficient_scope` or `access_denied`: the caller may not introspect this token',
  413: '`invalid_request`: the form is too large',
  415: '`invalid_request`: the body is not a form',
  429: '`temporarily_unavailable`: the caller sends too many requests, or too many failed credentials',
  431: 'The headers are too large',
  500: '`server_error`: something went wrong on our side',
  503: '`temporarily_unavailable`: the key store is unreachable',
};

/** Documents the errors of an OAuth endpoint. */
export function ApiOAuthErrors(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(OAuthErrorDto),
    ...Object.entries(ERRORS).map(([status, description]) =>
      ApiResponse({
        status: Number(status),
        description,
        content: { 'application/json': { schema: { $ref: getSchemaPath(OAuthErrorDto) } } },
      }),
    ),
  );
}
