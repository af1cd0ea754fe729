import { applyDecorators } from '@nestjs/common';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { ApiProperty } from '../openapi/decorators';
import { ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';
import { INT64 } from '../common/int64';
import { parseRfc3339 } from './rfc3339';

const CONTROL_CHARACTERS = String.raw`\u0000-\u001f\u007f-\u009f\u2028\u2029`;
const CONTROL_CHARACTER = new RegExp(`[${CONTROL_CHARACTERS}]`);
const TEXT = `^[^${CONTROL_CHARACTERS}]*[^\\s${CONTROL_CHARACTERS}][^${CONTROL_CHARACTERS}]*$`;

/** Makes a field optional. `null` is not treated as absent, so the other rules apply to it. */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

/** Makes a field optional if another field is present. */
export function MayBeAbsentBeside(other: string): PropertyDecorator {
  return ValidateIf(
    (object: object, value) => value !== undefined || Reflect.get(object, other) === undefined,
  );
}

/** Makes a field optional, and allows `null`. */
export function MayBeNull(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined && value !== null);
}

/**
 * Requires well-formed text of at most `maxLength` UTF-16 code units. It must not be blank or contain control
 * characters.
 */
export function IsText(maxLength: number, options?: ValidationOptions): PropertyDecorator {
  return rule(
    'isText',
    `must be text of 1 to ${maxLength} characters, without control characters`,
    (value) => isText(value, maxLength) && value.trim() !== '',
    { minLength: 1, maxLength, pattern: TEXT },
    options,
  );
}

/** Requires an RFC 3339 date and time with an offset. */
export function IsRfc3339(): PropertyDecorator {
  return rule(
    'isRfc3339',
    'must be an RFC 3339 date and time with an offset, such as 2027-01-31T12:00:00Z',
    (value) => typeof value === 'string' && parseRfc3339(value) !== undefined,
    { format: 'date-time' },
  );
}

/**
 * Requires a whole number from `min` to `max`.
 *
 * @param unit what the number counts, for the error message
 */
export function IsWhole(min: number, max: number, unit = 'a whole number'): PropertyDecorator {
  return rule(
    'isWhole',
    `must be ${unit} from ${min} to ${max}`,
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
    { ...INT64, minimum: min, maximum: max },
  );
}

/** Requires `true`, and the absence of another field. */
export function IsTrueWithout(other: string): PropertyDecorator {
  return ValidateBy({
    name: 'isTrueWithout',
    validator: {
      validate: (value, args) => value === true && Reflect.get(args?.object ?? {}, other) === undefined,
      defaultMessage: () => `must be true, and cannot be combined with ${other}`,
    },
  });
}

/** Requires the presence of another field. */
export function IsAlongWith(other: string): PropertyDecorator {
  return ValidateBy({
    name: 'isAlongWith',
    validator: {
      validate: (_value, args) => Reflect.get(args?.object ?? {}, other) !== undefined,
      defaultMessage: () => `requires ${other}`,
    },
  });
}

/** Returns whether a value is well-formed text of at most `maxLength` UTF-16 code units, without control characters. */
export function isText(value: unknown, maxLength: number): value is string {
  return (
    typeof value === 'string' &&
    value.length <= maxLength &&
    value.isWellFormed() &&
    !CONTROL_CHARACTER.test(value)
  );
}

/** Returns whether a value is a list of at most `max` valid members without duplicates. */
export function isListOf(
  value: unknown,
  isMember: (text: string) => boolean,
  max: number,
): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= max &&
    value.every((each) => typeof each === 'string' && isMember(each)) &&
    new Set(value).size === value.length
  );
}

/** Applies a validation rule to a field, and describes the rule in OpenAPI. */
export function rule(
  name: string,
  message: string,
  validate: (value: unknown) => boolean,
  described?: ApiPropertyOptions,
  options?: ValidationOptions,
): PropertyDecorator {
  return applyDecorators(
    ValidateBy({ name, validator: { validate, defaultMessage: () => message } }, options),
    ...(described === undefined ? [] : [ApiProperty(described)]),
  );
}

/** Returns the OpenAPI description of a list of strings without duplicates. */
export function listOf(
  maxItems: number,
  item: { readonly pattern?: string; readonly maxLength?: number } = {},
): ApiPropertyOptions {
  return { maxItems, uniqueItems: true, items: { type: 'string', ...item } };
}
