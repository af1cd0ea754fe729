import type { JWTPayload } from 'jose';
import { isTenantId } from '../../api-keys/domain/binding';
import type { UserProfile } from '../domain/user';

const MAX_TEXT = 320;
const MAX_PICTURE = 2048;

/**
 * A claim by its name, or by a path of names joined by dots where there is no claim of the whole name: names such as
 * `https://example.com/orgs` hold dots themselves.
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
 * Returns the organisations that a claim names: a text, a whole number, or a list of them. Leaves out what no organisation can
 * be called, and numbers that JSON does not keep exactly: beyond 2^53 - 1, two organisations would become one.
 */
export function organisationsIn(claims: JWTPayload, path: string | undefined): readonly string[] {
  if (path === undefined) return [];
  return listOf(claimAt(claims, path))
    .map((each) => (Number.isSafeInteger(each) ? String(each) : each))
    .filter((each) => typeof each === 'string')
    .filter(isTenantId);
}

/** Whether a claim has exactly the value that `path=value` names, by itself or as a member of a list. */
export function isAdministrator(claims: JWTPayload, adminClaim: string | undefined): boolean {
  if (adminClaim === undefined) return false;
  const equals = adminClaim.indexOf('=');
  return textsOf(claimAt(claims, adminClaim.slice(0, equals))).includes(adminClaim.slice(equals + 1));
}

/** What the standard claims of OpenID Connect Core section 5.1 say of a person. */
export function profileIn(claims: JWTPayload): UserProfile {
  return {
    email: textIn(claims['email'], MAX_TEXT),
    // Some providers send it as text.
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
