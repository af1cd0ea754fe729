import { type ArgumentMetadata, type ValidationError, ValidationPipe } from '@nestjs/common';
import { type FieldFault, problemOf } from './problem';
import { ProblemException } from './problem.exception';

/** Names that object mappers drop silently; here they are refused like any other unknown field. */
const UNMAPPABLE: ReadonlySet<string> = new Set([
  'prototype',
  ...Object.getOwnPropertyNames(Object.prototype),
]);

class StrictValidationPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' || metadata.type === 'query') requireMappable(value);
    return super.transform(value, metadata);
  }
}

/**
 * Validates bodies and queries strictly: unknown fields are refused, nothing is converted by guesswork, and
 * every fault is named in one `validation_failed` problem. Values are never echoed.
 */
export function strictValidation(): ValidationPipe {
  return new StrictValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => validationProblem(errors.flatMap((error) => faultsOf(error, ''))),
  });
}

/** A `validation_failed` problem for the given faults. */
export function validationProblem(errors: readonly FieldFault[]): ProblemException {
  return new ProblemException(
    problemOf('validation_failed', 'Correct the fields listed in "errors".', { errors }),
  );
}

function requireMappable(value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw validationProblem([{ field: '', message: 'must be an object' }]);
  }
  const unknown = Object.getOwnPropertyNames(value).filter((name) => UNMAPPABLE.has(name));
  if (unknown.length > 0) {
    throw validationProblem(
      unknown.map((name) => ({ field: pointerTo(name), message: 'is not a known field' })),
    );
  }
}

/** A JSON Pointer to a member (RFC 6901 section 3). */
export function pointerTo(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function faultsOf(error: ValidationError, parent: string): readonly FieldFault[] {
  const field = `${parent}${pointerTo(error.property)}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    field,
    message: rule === 'whitelistValidation' ? 'is not a known field' : message,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, field))];
}
