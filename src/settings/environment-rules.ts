import { Transform } from 'class-transformer';
import { ValidateBy, type ValidationOptions } from 'class-validator';
import ipaddr from 'ipaddr.js';
import { isManagementScope } from '../api-keys/domain/own-scopes';
import { isScope } from '../api-keys/domain/scopes';
import { isRedisUrl } from '../common/redis-url';

/** The settings of one identity provider. */
export interface OidcIssuerSetting {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly orgClaim?: string | undefined;
  readonly orgAdminClaim?: string | undefined;
  readonly adminClaim?: string | undefined;
}

const ISSUER_FIELDS: ReadonlySet<string> = new Set([
  'issuer',
  'audience',
  'orgClaim',
  'orgAdminClaim',
  'adminClaim',
]);
const PUBLIC_URL =
  /^https?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\/[A-Za-z0-9._~-]+)*\/?$/;
const LOCAL_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Converts text to a number if it is a decimal integer. Leaves any other value unchanged, so that the validation
 * rejects it.
 */
export function Integer(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value,
  );
}

/**
 * Requires a whole number from `min` to `max`.
 *
 * @param what a name for the number in the error message
 * @param orElse an alternative, for the error message
 */
export function Whole(min: number, max: number, what: string, orElse = ''): PropertyDecorator {
  const isWhole = (value: unknown): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  const rule = ValidateBy(
    { name: 'whole', validator: { validate: isWhole } },
    { message: `use ${what} from ${min} to ${max}${orElse}` },
  );
  return (target, property) => {
    Integer()(target, property);
    rule(target, property);
  };
}

/** Converts text to a list, at its commas. */
export function List(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value,
  );
}

/** Requires an IP address or a CIDR range. It does not limit the size of the range, which the module checks. */
export function IsIpRange(options: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'isIpRange', validator: { validate: isIpRange } }, options);
}

function isIpRange(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return value.includes('/') ? ipaddr.isValidCIDR(value) : ipaddr.isValid(value);
}

/** Requires a scope that users may grant to their keys: any scope except management scopes. */
export function IsGrantable(options: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'isGrantable', validator: { validate: isGrantable } }, options);
}

function isGrantable(value: unknown): boolean {
  return typeof value === 'string' && isScope(value) && !isManagementScope(value);
}

/** Requires the URL of a Redis server. */
export function IsRedisUrl(options: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'isRedisUrl', validator: { validate: isRedisUrl } }, options);
}

/** Converts "true" and "false" to booleans. Leaves any other value unchanged, so that the validation rejects it. */
export function Flag(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    value === 'true' ? true : value === 'false' ? false : value,
  );
}

/** Parses JSON. Leaves any other text unchanged, so that the validation rejects it. */
export function Json(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  });
}

/** Requires an origin in the form that browsers send: scheme, host and optional port. */
export function IsOrigin(options: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'isOrigin', validator: { validate: isOrigin } }, options);
}

function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || !/^https?:\/\//.test(value) || !URL.canParse(value)) return false;
  return new URL(value).origin === value && !value.includes('*');
}

/**
 * Requires the URL at which clients reach the service. It is an issuer (RFC 8414 section 2), so it must not contain
 * credentials, a query or a fragment. Its path must not need percent-encoding. `http` passes this rule, but
 * `readEnvironment` allows it only on this machine, or in development and test.
 */
export function IsPublicUrl(options: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'isPublicUrl', validator: { validate: isPublicUrl } }, options);
}

function isPublicUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !PUBLIC_URL.test(value) || !URL.canParse(value)) return false;
  // Issuers are compared as text: one with `/../` would be published in one form and served in another.
  return (
    new URL(value).pathname.replace(/\/$/, '') === value.replace(/^https?:\/\/[^/]+/, '').replace(/\/$/, '')
  );
}

/** Returns whether the host of a URL is this machine. */
export function isLocal(url: string): boolean {
  return LOCAL_HOSTS.has(new URL(url).hostname);
}

/** Requires an OpenID Connect issuer: an https URL, or an http URL on this machine. */
export function IsIssuer(options: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'isIssuer', validator: { validate: isIssuer } }, options);
}

/** Requires a list of {@link OidcIssuerSetting}. */
export function IsIssuerList(): PropertyDecorator {
  return ValidateBy({
    name: 'isIssuerList',
    validator: {
      validate: (value) => Array.isArray(value) && value.every(isIssuerSetting),
      defaultMessage: () =>
        'use a JSON list such as [{"issuer":"https://id.example.com","audience":["keyward"],"orgClaim":"orgs","adminClaim":"roles=admin"}]',
    },
  });
}

function isIssuerSetting(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { issuer, audience, orgClaim, orgAdminClaim, adminClaim } = value as Readonly<
    Record<string, unknown>
  >;
  return (
    Object.keys(value).every((name) => ISSUER_FIELDS.has(name)) &&
    isIssuer(issuer) &&
    Array.isArray(audience) &&
    audience.length > 0 &&
    audience.every((each) => typeof each === 'string' && each !== '') &&
    [orgClaim, orgAdminClaim].every(
      (claim) => claim === undefined || (typeof claim === 'string' && claim !== ''),
    ) &&
    (adminClaim === undefined || (typeof adminClaim === 'string' && /^[^=]+=.+$/.test(adminClaim)))
  );
}

function isIssuer(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const url = new URL(value);
  if (url.search + url.hash + url.username + url.password !== '') return false;
  // A template for several tenants, such as {tenantid}, is never the `iss` of a token.
  if (/[{}]/.test(value)) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL_HOSTS.has(url.hostname));
}
