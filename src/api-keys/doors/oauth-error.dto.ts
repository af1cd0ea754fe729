import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { PROBLEM_CATALOGUE, type ProblemCode } from '../../problems/problem-catalogue';

/** An error code of OAuth 2.0: RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_scope'
  | 'insufficient_scope'
  | 'access_denied'
  | 'temporarily_unavailable'
  | 'server_error';

/** An error as OAuth 2.0 writes it. */
@ApiSchema({ name: 'OAuthError' })
export class OAuthErrorDto {
  /** @example "invalid_request" */
  error!: OAuthErrorCode;

  /**
   * What to change.
   * @example "token must be given once"
   */
  error_description!: string;

  /**
   * The code of the same problem elsewhere.
   * @example "validation_failed"
   */
  @ApiProperty({ enum: Object.keys(PROBLEM_CATALOGUE), enumName: 'ProblemCode' })
  code!: ProblemCode;
}
