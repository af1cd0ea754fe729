import { applyDecorators } from '@nestjs/common';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { isListOf, isText, listOf, rule } from '../../http/field-rules';
import { isUlid, ULID } from '../../common/ulid';
import { isAllowedIp, MAX_ALLOWED_IPS, parseAddress } from '../domain/allowed-ips';
import { isTenantId, TENANT_ID } from '../domain/binding';
import { EXTERNAL_ID, EXTERNAL_ID_RULE, isExternalId } from '../domain/external-id';
import { isKeyId, KEY_ID } from '../domain/key-id';
import { MAX_RATE_LIMITS, RATE_LIMIT_NAME } from '../domain/rate-limit';
import { isTokenPrefix, TOKEN_PREFIX } from '../domain/token/token-form';
import {
  isRequirableScope,
  isScope,
  MAX_SCOPE_LENGTH,
  MAX_SCOPES,
  REQUIRABLE_SCOPE,
  SCOPE,
} from '../domain/scopes';

const METADATA_KEY = /^(?!__proto__$|constructor$|prototype$)[A-Za-z0-9_-]{1,64}$/;
const MAX_METADATA_ENTRIES = 50;
const MAX_METADATA_VALUE = 500;
/** The maximum size of the whole map in bytes, as JSON in UTF-8. */
const MAX_METADATA_BYTES = 8192;

/** The OpenAPI schema of metadata. */
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

/** Requires a list of scopes that can be granted. */
export function IsScopes(): PropertyDecorator {
  return rule(
    'isScopes',
    `must be a list of at most ${MAX_SCOPES} different scopes such as "memory:read", "memory:*" or "*"`,
    (value) => isListOf(value, isScope, MAX_SCOPES),
    listOf(MAX_SCOPES, { pattern: SCOPE.source, maxLength: MAX_SCOPE_LENGTH }),
  );
}

/** Requires a list of addresses and CIDR ranges. */
export function IsAllowedIps(): PropertyDecorator {
  return rule(
    'isAllowedIps',
    `must be a list of at most ${MAX_ALLOWED_IPS} different addresses and CIDR ranges without host bits, such as "203.0.113.7" or "2001:db8::/32"`,
    (value) => isListOf(value, isAllowedIp, MAX_ALLOWED_IPS),
    listOf(MAX_ALLOWED_IPS),
  );
}

/** Requires a list of one or more scopes that can be required. */
export function IsRequiredScopes(): PropertyDecorator {
  return rule(
    'isRequiredScopes',
    `must be a list of 1 to ${MAX_SCOPES} different scopes without wildcards, such as "memory:read"; to require only a valid key, send "authenticated": true instead`,
    (value) => isListOf(value, isRequirableScope, MAX_SCOPES) && value.length > 0,
    { ...listOf(MAX_SCOPES, { pattern: REQUIRABLE_SCOPE.source, maxLength: MAX_SCOPE_LENGTH }), minItems: 1 },
  );
}

/** Requires a list of limits with different names. The limits themselves are validated by their own class. */
export function IsRateLimits(): PropertyDecorator {
  return rule(
    'isRateLimits',
    `must be a list of at most ${MAX_RATE_LIMITS} objects with name, limit and windowSeconds, and different names`,
    isListOfNamed,
    { maxItems: MAX_RATE_LIMITS },
  );
}

/** Requires the name of a limit. */
export function IsRateLimitName(): PropertyDecorator {
  return rule(
    'isRateLimitName',
    'must be 1 to 32 characters of a-z 0-9 . _ -',
    (value) => typeof value === 'string' && RATE_LIMIT_NAME.test(value),
    { pattern: RATE_LIMIT_NAME, minLength: 1, maxLength: 32 },
  );
}

/** Requires an address. */
export function IsAddress(): PropertyDecorator {
  return rule(
    'isAddress',
    'must be an IPv4 or IPv6 address',
    (value) => typeof value === 'string' && parseAddress(value) !== undefined,
  );
}

/** Requires the id of an organisation or a project. */
export function IsTenantId(): PropertyDecorator {
  return rule(
    'isTenantId',
    'must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -',
    (value) => typeof value === 'string' && isTenantId(value),
    { pattern: TENANT_ID, minLength: 1, maxLength: 128 },
  );
}

/** Requires the id of a customer or a key in the host's own system. */
export function IsExternalId(): PropertyDecorator {
  return rule('isExternalId', EXTERNAL_ID_RULE, (value) => typeof value === 'string' && isExternalId(value), {
    pattern: EXTERNAL_ID,
    minLength: 1,
    maxLength: 128,
  });
}

/** Requires the id of a key. */
export function IsKeyId(): PropertyDecorator {
  return rule('isKeyId', 'must be the id of a key', (value) => typeof value === 'string' && isKeyId(value), {
    pattern: KEY_ID,
  });
}

/** Requires the format of a token prefix. The service checks whether the prefix is configured. */
export function IsPrefix(): PropertyDecorator {
  return rule(
    'isPrefix',
    'must be one of the configured prefixes: 2 to 16 lower-case letters, digits and inner underscores, such as "kw"',
    (value) => typeof value === 'string' && isTokenPrefix(value),
    { pattern: TOKEN_PREFIX, minLength: 2, maxLength: 16 },
  );
}

/** Requires the id of a user. */
export function IsOwnerId(): PropertyDecorator {
  return rule(
    'isOwnerId',
    'must be the id of a user',
    (value) => typeof value === 'string' && isUlid(value),
    { pattern: ULID },
  );
}

/**
 * Requires a flat map of at most 50 entries and 8192 bytes. Checks the map that was sent, because an object mapper would
 * silently drop some names.
 */
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

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfNamed(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > MAX_RATE_LIMITS) return false;
  const names = value.filter(isObject).map((each) => Reflect.get(each, 'name') as unknown);
  return names.length === value.length && new Set(names).size === names.length;
}

function isMetadata(value: unknown): boolean {
  if (!isObject(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MAX_METADATA_ENTRIES &&
    entries.every(([name, each]) => METADATA_KEY.test(name) && isMetadataValue(each))
  );
}

function isMetadataValue(value: unknown): boolean {
  return typeof value === 'boolean' || Number.isFinite(value) || isText(value, MAX_METADATA_VALUE);
}
