import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem';
import { PROBLEM_CATALOGUE, type ProblemCode } from './problem-catalogue';
import { ProblemDto } from './problem.dto';

/** Documents the problems that a route may answer with, one response a status and one example a code. */
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
