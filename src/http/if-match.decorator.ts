import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ApiProblems } from '../problems/api-problems.decorator';

/** Documents that a route heeds `If-Match` (RFC 9110 section 13.1.1). */
export function IfMatch(what: 'key' | 'user'): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      // No `example`: Swagger UI would send it.
      description: `Do so only while the \`ETag\` of the ${what} is this one, such as \`"1"\`.`,
      schema: { type: 'string' },
    }),
    ApiProblems('version_mismatch'),
  );
}
