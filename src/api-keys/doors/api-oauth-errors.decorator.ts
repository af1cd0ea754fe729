import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { OAuthErrorDto } from './oauth-error.dto';

const ERRORS: Readonly<Record<number, string>> = {
  400: '`invalid_request`: the form is malformed; `invalid_scope`: its `scope` is',
  401: '`invalid_client`: the caller presents no valid API key',
  403: '`insufficient_scope` or `access_denied`: the caller may not ask this',
  413: '`invalid_request`: the form is too large',
  415: '`invalid_request`: the body is not a form',
  429: '`temporarily_unavailable`: the caller asks too often, or fails too often',
  431: 'The headers are too large',
  500: '`server_error`: a fault on our side',
  503: '`temporarily_unavailable`: the key store cannot be reached',
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
