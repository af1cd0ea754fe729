import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';
import { INT64 } from '../../common/int64';
import { isUlid, ULID } from '../../common/ulid';
import { isAllowedIp, MAX_ALLOWED_IPS, parseAddress } from '../domain/allowed-ips';
import { isTenantId, TENANT_ID } from '../domain/binding';
import { EXTERNAL_ID, isExternalId } from '../domain/external-id';
import { isKeyId, KEY_ID } from '../domain/key-id';
import {
  isRequirableScope,
  isScope,
  MAX_SCOPE_LENGTH,
  MAX_SCOPES,
  REQUIRABLE_SCOPE,
  SCOPE,
} from '../domain/scopes';
import { parseRfc3339 } from '../../http/rfc3339';

const CONTROL_CHARACTERS = String.raw`\u0000-\u001f\u007f-\u009f\u2028\u2029`;
const CONTROL_CHARACTER = new RegExp(`[${CONTROL_CHARACTERS}]`);
const TEXT = `^[^${CONTROL_CHARACTERS}]*[^\\s${CONTROL_CHARACTERS}][^${CONTROL_CHARACTERS}]*$`;
const METADATA_KEY = /^(?!__proto__$|constructor$|prototype$)[A-Za-z0-9_-]{1,64}$/;
const MAX_METADATA_ENTRIES = 50;
const MAX_METADATA_VALUE = 500;
/** Of the whole map as JSON in UTF-8. */
const MAX_METADATA_BYTES = 8192;

/** How OpenAPI describes metadata. */
export const METADATA = {
  type: 'object',
  maxProperties: MAX_METADATA_ENTRIES,
  additionalProperties: {
    oneOf: [
      { type: 'string', maxLength: MAX_METADATA_VALUE },
      { type: 'number', format: 'double' },
      { type: 'boolean' },
    ],
  },
} satisfies ApiPropertyOptions;

/** May be left out; `null` is a value like any other, and judged. */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

/** May be left out if another field is given. */
export function MayBeAbsentBeside(other: string): PropertyDecorator {
  return ValidateIf(
    (object: object, value) => value !== undefined || Reflect.get(object, other) === undefined,
  );
}

/** May be left out, and may be `null`. */
export function MayBeNull(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined && value !== null);
}

/** Well-formed text without control characters, not blank, of at most `maxLength` UTF-16 code units. */
export function IsText(maxLength: number, options?: ValidationOptions): PropertyDecorator {
  return rule(
    'isText',
    `must be text of 1 to ${maxLength} characters, without control characters`,
    (value) => isText(value, maxLength) && value.trim() !== '',
    { minLength: 1, maxLength, pattern: TEXT },
    options,
  );
}

/** A date and time as RFC 3339 writes it, with an offset. */
export function IsRfc3339(): PropertyDecorator {
  return rule(
    'isRfc3339',
    'must be an RFC 3339 date and time with an offset, such as 2027-01-31T12:00:00Z',
    (value) => typeof value === 'string' && parseRfc3339(value) !== undefined,
    { format: 'date-time' },
  );
}

/** A list of scopes that may be granted. */
export function IsScopes(): PropertyDecorator {
  return rule(
    'isScopes',
    `must be a list of at most ${MAX_SCOPES} different scopes such as "memory:read", "memory:*" or "*"`,
    (value) => isListOf(value, isScope, MAX_SCOPES),
    listOf(MAX_SCOPES, { pattern: SCOPE.source, maxLength: MAX_SCOPE_LENGTH }),
  );
}

/** A list of addresses and CIDR ranges. */
export function IsAllowedIps(): PropertyDecorator {
  return rule(
    'isAllowedIps',
    `must be a list of at most ${MAX_ALLOWED_IPS} different addresses and CIDR ranges without host bits, such as "203.0.113.7" or "2001:db8::/32"`,
    (value) => isListOf(value, isAllowedIp, MAX_ALLOWED_IPS),
    listOf(MAX_ALLOWED_IPS),
  );
}

/** A list of scopes that may be required: at least one. */
export function IsRequiredScopes(): PropertyDecorator {
  return rule(
    'isRequiredScopes',
    `must be a list of 1 to ${MAX_SCOPES} different scopes without wildcards, such as "memory:read", or "authenticated": true in its place`,
    (value) => isListOf(value, isRequirableScope, MAX_SCOPES) && value.length > 0,
    { ...listOf(MAX_SCOPES, { pattern: REQUIRABLE_SCOPE.source, maxLength: MAX_SCOPE_LENGTH }), minItems: 1 },
  );
}

/** One address. */
export function IsAddress(): PropertyDecorator {
  return rule(
    'isAddress',
    'must be an IPv4 or IPv6 address',
    (value) => typeof value === 'string' && parseAddress(value) !== undefined,
  );
}

/**
 * A whole number.
 *
 * @param unit what it counts, for the message
 */
export function IsWhole(min: number, max: number, unit = 'a whole number'): PropertyDecorator {
  return rule(
    'isWhole',
    `must be ${unit} from ${min} to ${max}`,
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
    { ...INT64, minimum: min, maximum: max },
  );
}

/** The name of an organisation or a project. */
export function IsTenantId(): PropertyDecorator {
  return rule(
    'isTenantId',
    'must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -',
    (value) => typeof value === 'string' && isTenantId(value),
    { pattern: TENANT_ID, minLength: 1, maxLength: 128 },
  );
}

/** The id of a customer or a key in the host's own system. */
export function IsExternalId(): PropertyDecorator {
  return rule(
    'isExternalId',
    'must be 1 to 128 visible ASCII characters, without spaces',
    (value) => typeof value === 'string' && isExternalId(value),
    { pattern: EXTERNAL_ID, minLength: 1, maxLength: 128 },
  );
}

/** The id of a key. */
export function IsKeyId(): PropertyDecorator {
  return rule('isKeyId', 'must be the id of a key', (value) => typeof value === 'string' && isKeyId(value), {
    pattern: KEY_ID,
  });
}

/** The id of a user. */
export function IsOwnerId(): PropertyDecorator {
  return rule(
    'isOwnerId',
    'must be the id of a user',
    (value) => typeof value === 'string' && isUlid(value),
    { pattern: ULID },
  );
}

/** A flat map of at most 50 entries and 8192 bytes, judged as it was sent: an object mapper would drop some names silently. */
export function IsMetadata(): PropertyDecorator {
  const untouched = Transform(({ obj, key }: { obj: object; key: string }): unknown => Reflect.get(obj, key));
  const isFlat = rule(
    'isMetadata',
    `must be a flat object of at most ${MAX_METADATA_ENTRIES} entries: names of 1 to 64 characters of A-Z a-z 0-9 _ -, ` +
      `values that are text of at most ${MAX_METADATA_VALUE} characters, finite numbers or booleans`,
    isMetadata,
    METADATA,
  );
  const isSmall = rule(
    'isSmallMetadata',
    `must take at most ${MAX_METADATA_BYTES} bytes as JSON in UTF-8`,
    (value) => !isMetadata(value) || Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES,
  );
  return applyDecorators(untouched, isFlat, isSmall);
}

/** Must be `true`, and not beside another field. */
export function IsTrueWithout(other: string): PropertyDecorator {
  return ValidateBy({
    name: 'isTrueWithout',
    validator: {
      validate: (value, args) => value === true && Reflect.get(args?.object ?? {}, other) === undefined,
      defaultMessage: () => `must be true, and not stand beside ${other}`,
    },
  });
}

/** May be given only together with another field. */
export function IsAlongWith(other: string): PropertyDecorator {
  return ValidateBy({
    name: 'isAlongWith',
    validator: {
      validate: (_value, args) => Reflect.get(args?.object ?? {}, other) !== undefined,
      defaultMessage: () => `needs ${other} beside it`,
    },
  });
}

function isMetadata(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MAX_METADATA_ENTRIES &&
    entries.every(([name, each]) => METADATA_KEY.test(name) && isMetadataValue(each))
  );
}

function isMetadataValue(value: unknown): boolean {
  return typeof value === 'boolean' || Number.isFinite(value) || isText(value, MAX_METADATA_VALUE);
}

function isText(value: unknown, maxLength: number): value is string {
  return (
    typeof value === 'string' &&
    value.length <= maxLength &&
    value.isWellFormed() &&
    !CONTROL_CHARACTER.test(value)
  );
}

function isListOf(value: unknown, isMember: (text: string) => boolean, max: number): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= max &&
    value.every((each) => typeof each === 'string' && isMember(each)) &&
    new Set(value).size === value.length
  );
}

/** A rule, and what OpenAPI can say of it. */
function rule(
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

function listOf(
  maxItems: number,
  item: { readonly pattern?: string; readonly maxLength?: number } = {},
): ApiPropertyOptions {
  return { maxItems, uniqueItems: true, items: { type: 'string', ...item } };
}
