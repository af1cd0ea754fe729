import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ApiProblems } from '../problems/api-problems.decorator';

/** Documents that a route heeds `If-Match` (RFC 9110 section 13.1.1). */
export function IfMatch(what: 'key' | 'user'): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: `Do so only while the \`ETag\` of the ${what} is this one.`,
      schema: { type: 'string', example: '"1"' },
    }),
    ApiProblems('version_mismatch'),
  );
}
