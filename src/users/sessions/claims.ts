import type { JWTPayload } from 'jose';
import { isTenantId } from '../../api-keys/domain/binding';
import type { UserProfile } from '../domain/user';

const MAX_TEXT = 320;
const MAX_PICTURE = 2048;
const MAX_ADMINISTERED = 100;

/**
 * Returns the claim with this name. If there is none, reads it as a path of names joined by dots. The whole name comes
 * first because names such as `https://example.com/orgs` contain dots.
 */
export function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/**
 * Returns the organisations in a claim, which is a text, a whole number, or a list of them. Leaves out invalid ids, and
 * numbers beyond 2^53 - 1, which JSON rounds: two organisations would become one.
 */
export function organisationsIn(claims: JWTPayload, path: string | undefined): readonly string[] {
  if (path === undefined) return [];
  return listOf(claimAt(claims, path))
    .map((each) => (Number.isSafeInteger(each) ? String(each) : each))
    .filter((each) => typeof each === 'string')
    .filter(isTenantId);
}

/**
 * Returns the organisations that a user administers, each once. A claim with more than {@link MAX_ADMINISTERED} grants none, because
 * each list of keys reads all of them.
 */
export function administeredIn(claims: JWTPayload, path: string | undefined): readonly string[] {
  const orgIds = [...new Set(organisationsIn(claims, path))];
  return orgIds.length > MAX_ADMINISTERED ? [] : orgIds;
}

/** Returns whether the claim at `path` of `path=value` equals `value`, or is a list that contains it. */
export function isAdministrator(claims: JWTPayload, adminClaim: string | undefined): boolean {
  if (adminClaim === undefined) return false;
  const equals = adminClaim.indexOf('=');
  return textsOf(claimAt(claims, adminClaim.slice(0, equals))).includes(adminClaim.slice(equals + 1));
}

/** Returns the profile in the standard claims (OpenID Connect Core section 5.1). */
export function profileIn(claims: JWTPayload): UserProfile {
  return {
    email: textIn(claims['email'], MAX_TEXT),
    // Some providers send text.
    emailVerified: claims['email_verified'] === true || claims['email_verified'] === 'true',
    name: textIn(claims['name'], MAX_TEXT),
    picture: textIn(claims['picture'], MAX_PICTURE),
  };
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((each) => typeof each === 'string');
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

function textIn(value: unknown, maxLength: number): string | undefined {
  const isUsable =
    typeof value === 'string' && value !== '' && value.length <= maxLength && value.isWellFormed();
  return isUsable ? value : undefined;
}
