import type { Type, ValidationError } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidatorOptions } from 'class-validator';
import { pointerTo } from './pointer';
import { type FieldFault, problemOf } from './problem';
import { ProblemException } from './problem.exception';

/** Field names that class-transformer silently drops. They are rejected like other unknown fields. */
const UNMAPPABLE: ReadonlySet<string> = new Set([
  'prototype',
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** Names that class-transformer silently removes at any depth. */
const STRIPPED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The maximum number of fields in an object. No valid object has that many, and each unknown field costs time and a
 * line in the response.
 */
const MAX_FIELDS = 100;

/**
 * The maximum number of elements in a list. No valid list has that many, and class-transformer creates an object for
 * each element.
 */
const MAX_ELEMENTS = 1000;

/** The maximum depth of a body. No valid body is that deep. */
const MAX_DEPTH = 16;

const STRICT: ValidatorOptions = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: true,
  validationError: { target: false, value: false },
};

/**
 * Validates an untyped value by the rules of a class. Rejects unknown fields, does not convert values, and never
 * repeats values in messages.
 *
 * @returns the value as an instance of the class, or all faults
 */
export function readStrictly<T extends object>(
  type: Type<T>,
  value: unknown,
): { readonly value: T } | { readonly faults: readonly FieldFault[] } {
  const unmappable = unmappableIn(value);
  if (unmappable.length > 0) return { faults: unmappable };
  const instance = plainToInstance(type, value);
  const errors = validateSync(instance, STRICT);
  return errors.length > 0 ? { faults: errors.flatMap((error) => faultsOf(error, '')) } : { value: instance };
}

/**
 * Validates an untyped value as {@link readStrictly} does.
 *
 * @throws ProblemException that names every fault
 */
export function readOrRefuse<T extends object>(type: Type<T>, value: unknown): T {
  const read = readStrictly(type, value);
  if ('faults' in read) throw validationProblem(read.faults);
  return read.value;
}

/**
 * Returns the members of a value for which a class has validation rules. Returns an empty object if the value is not an
 * object.
 */
export function knownIn(type: Type, value: unknown): object {
  if (typeof value !== 'object' || value === null) return {};
  const names = knownNamesOf(type);
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name)));
}

const namesByType = new WeakMap<Type, ReadonlySet<string>>();

/** Returns the names of the members for which a class has validation rules. */
export function knownNamesOf(type: Type): ReadonlySet<string> {
  let names = namesByType.get(type);
  if (names === undefined) {
    const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
    namesByType.set(type, (names = new Set(rules.map(({ propertyName }) => propertyName))));
  }
  return names;
}

/** @throws ProblemException `validation_failed` if there are any parameters */
export function refuseParameters(parameters: object): void {
  const names = Object.keys(parameters);
  if (names.length === 0) return;
  throw validationProblem(names.map((name) => ({ field: pointerTo(name), message: 'is not a known field' })));
}

/** Returns a `validation_failed` problem with the given faults. */
export function validationProblem(errors: readonly FieldFault[]): ProblemException {
  return new ProblemException(
    problemOf('validation_failed', 'Correct the fields listed in "errors".', { errors }),
  );
}

function unmappableIn(value: unknown): readonly FieldFault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ field: '', message: 'must be an object' }];
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_FIELDS) return [{ field: '', message: `must have at most ${MAX_FIELDS} fields` }];
  return entries.flatMap(([name, member]): FieldFault[] => {
    const field = pointerTo(name);
    if (UNMAPPABLE.has(name)) return [{ field, message: 'is not a known field' }];
    return isMappable(member)
      ? []
      : [
          {
            field,
            message: 'contains a forbidden name, has too many elements, or is nested too deeply',
          },
        ];
  });
}

/** Returns whether class-transformer can convert a value without losing members or taking too long. */
function isMappable(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === MAX_DEPTH) return false;
  if (Array.isArray(value) && value.length > MAX_ELEMENTS) return false;
  const entries = Object.entries(value);
  if (!Array.isArray(value) && entries.length > MAX_FIELDS) return false;
  return entries.every(([name, member]) => !STRIPPED.has(name) && isMappable(member, depth + 1));
}

function faultsOf(error: ValidationError, parent: string): readonly FieldFault[] {
  const field = `${parent}${pointerTo(error.property)}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    field,
    message: rule === 'whitelistValidation' ? 'is not a known field' : message,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, field))];
}
