import type { Type, ValidationError } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidatorOptions } from 'class-validator';
import { type FieldFault, problemOf } from './problem';
import { ProblemException } from './problem.exception';

/** Names that an object mapper drops silently from what it maps; here they are refused like any other unknown field. */
const UNMAPPABLE: ReadonlySet<string> = new Set([
  'prototype',
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** Names that an object mapper strips silently at any depth. */
const STRIPPED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** No object that is taken here has as many fields; each that is unknown costs time and a line in the answer. */
const MAX_FIELDS = 100;

/** No list that is taken here is as long; a mapper makes an object of each element. */
const MAX_ELEMENTS = 1000;

/** No body that is taken here is nested as deeply. */
const MAX_DEPTH = 16;

const STRICT: ValidatorOptions = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: true,
  validationError: { target: false, value: false },
};

/**
 * Reads an untyped value as a class, strictly: unknown fields are refused, nothing is converted by guesswork, and values
 * are never echoed.
 *
 * @returns the value, or every fault that was found
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
 * Reads an untyped value as a class, as {@link readStrictly} does.
 *
 * @throws ProblemException that names every fault
 */
export function readOrRefuse<T extends object>(type: Type<T>, value: unknown): T {
  const read = readStrictly(type, value);
  if ('faults' in read) throw validationProblem(read.faults);
  return read.value;
}

/** Returns the members of a value that the rules of a class name; any other value as it is. */
export function knownIn(type: Type, value: unknown): object {
  if (typeof value !== 'object' || value === null) return {};
  const names = namesIn(type);
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name)));
}

const namesByType = new WeakMap<Type, ReadonlySet<string>>();

function namesIn(type: Type): ReadonlySet<string> {
  let names = namesByType.get(type);
  if (names === undefined) {
    const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
    namesByType.set(type, (names = new Set(rules.map(({ propertyName }) => propertyName))));
  }
  return names;
}

/** @throws ProblemException if there is any parameter */
export function refuseParameters(parameters: object): void {
  const names = Object.keys(parameters);
  if (names.length === 0) return;
  throw validationProblem(names.map((name) => ({ field: pointerTo(name), message: 'is not a known field' })));
}

/** A `validation_failed` problem for the given faults. */
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
            message: 'holds a name that is not taken, has too many elements, or is nested too deeply',
          },
        ];
  });
}

/** Whether an object mapper keeps everything in a value, and comes to its end. */
function isMappable(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === MAX_DEPTH) return false;
  if (Array.isArray(value) && value.length > MAX_ELEMENTS) return false;
  const entries = Object.entries(value);
  if (!Array.isArray(value) && entries.length > MAX_FIELDS) return false;
  return entries.every(([name, member]) => !STRIPPED.has(name) && isMappable(member, depth + 1));
}

/** A JSON Pointer to a member (RFC 6901 section 3). */
function pointerTo(name: string): string {
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
