import {
  ApiExtraModels,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiSchema,
  getSchemaPath,
} from '../openapi/decorators';
import { INT64 } from '../common/int64';
import { PROBLEM_CATALOGUE, type ProblemCode } from './problem-catalogue';
import { applyDecorators } from '@nestjs/common';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem';

/** What is wrong with one field of the request. */
@ApiSchema({ name: 'FieldFault' })
class FieldFaultDto {
  /**
   * A JSON Pointer to the field.
   * @example "/expiresAt"
   */
  field!: string;

  /** @example "must be in the future" */
  message!: string;
}

/** A rate limit that applies to a request. */
@ApiSchema({ name: 'AppliedRateLimit' })
export class AppliedRateLimitDto {
  /**
   * Whose limit it is.
   * @example "key"
   */
  @ApiProperty({ enum: ['key', 'owner', 'org'], enumName: 'RateLimitSubject' })
  of!: string;

  /** @example "default" */
  name!: string;

  /** @example 100 */
  @ApiProperty(INT64)
  limit!: number;

  /** @example 60 */
  @ApiProperty(INT64)
  windowSeconds!: number;

  /** Returns only the members of the class. */
  static of({ of, name, limit, windowSeconds }: AppliedRateLimitDto): AppliedRateLimitDto {
    return { of, name, limit, windowSeconds };
  }
}

/** A problem (RFC 9457). */
@ApiSchema({ name: 'Problem' })
class ProblemDto {
  /** @example "urn:keyward:problem:validation_failed" */
  type!: string;

  /** @example "Some fields are invalid" */
  title!: string;

  /** @example 400 */
  @ApiProperty(INT64)
  status!: number;

  /**
   * The stable code that programs compare.
   * @example "validation_failed"
   */
  @ApiProperty({ enum: Object.keys(PROBLEM_CATALOGUE), enumName: 'ProblemCode' })
  code!: ProblemCode;

  /**
   * What the client must change.
   * @example "Correct the fields listed in \"errors\"."
   */
  detail?: string;

  /**
   * Identifies this occurrence by the request id, which is also in X-Request-Id.
   * @example "urn:keyward:request:0b4c0a4e-8f4f-4f59-8c38-5d2f0a6b7c1d"
   */
  instance?: string;

  /** The invalid fields, if the code is `validation_failed`. */
  errors?: FieldFaultDto[];

  /** The fields in which the caller exceeded its authority, if the code is `delegation_exceeded`. */
  exceeded?: string[];

  /** The limit without room, if the code is `rate_limited` or `cost_exceeds_limit`. */
  limit?: AppliedRateLimitDto;

  /**
   * Seconds until that limit has room again, if the code is `rate_limited`.
   * @example 42
   */
  @ApiPropertyOptional(INT64)
  retryAfter?: number;
}

/** Documents the problems that a route may return: one response for each status, one example for each code. */
export function ApiProblems(...codes: readonly ProblemCode[]): ClassDecorator & MethodDecorator {
  const statuses = [...new Set(codes.map((code) => PROBLEM_CATALOGUE[code].status))];
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...statuses.map((status) => {
      const group = codes.filter((code) => PROBLEM_CATALOGUE[code].status === status);
      return ApiResponse({
        status,
        description: group.map((code) => `\`${code}\`: ${PROBLEM_CATALOGUE[code].title}`).join('. '),
        content: {
          [PROBLEM_MEDIA_TYPE]: {
            schema: { $ref: getSchemaPath(ProblemDto) },
            examples: Object.fromEntries(group.map((code) => [code, { value: problemOf(code) }])),
          },
        },
      });
    }),
  );
}
