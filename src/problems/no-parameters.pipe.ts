import type { PipeTransform } from '@nestjs/common';
import { pointerTo, validationProblem } from './validation';

/** Refuses every query parameter on a route that takes none. */
export const noParameters: PipeTransform<Record<string, unknown>> = {
  transform(query) {
    const names = Object.keys(query);
    if (names.length === 0) return query;
    throw validationProblem(
      names.map((name) => ({ field: pointerTo(name), message: 'is not a known field' })),
    );
  },
};
