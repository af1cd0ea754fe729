import { ProblemException } from '../problems/problem.exception';
import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '../openapi/decorators';
import { ApiProblems } from '../problems/problem.dto';

const ENTITY_TAGS = /^[\s,]*(?:(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"\s*(?:,[\s,]*|$))+$/;
const VERSION_TAG = /(W\/)?"(?:([1-9]\d{0,14})|[\x21\x23-\x7e\x80-\xff]*)"/g;

/** Returns the entity tag of a version (RFC 9110 section 8.8.3). */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/**
 * Returns the versions that an `If-Match` header accepts (RFC 9110 section 13.1.1); `undefined` if it accepts every version.
 * Weak tags match nothing, because the comparison is strong.
 *
 * @throws ProblemException `invalid_request` if the header is malformed
 */
export function readIfMatch(header: string | undefined): readonly number[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  if (!ENTITY_TAGS.test(header)) {
    throw ProblemException.from('invalid_request', 'Send the ETag of the resource in If-Match, unchanged.');
  }
  return [...header.matchAll(VERSION_TAG)].flatMap(([, weak, version]) =>
    weak === undefined && version !== undefined ? [Number(version)] : [],
  );
}

/** Documents that a route supports `If-Match` (RFC 9110 section 13.1.1). */
export function IfMatch(what: 'key' | 'user' | 'policy'): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      // No `example`: Swagger UI would send it.
      description: `Makes the change only if the \`ETag\` of the ${what} is this one, such as \`"1"\`.`,
      schema: { type: 'string' },
    }),
    ApiProblems('version_mismatch'),
  );
}
