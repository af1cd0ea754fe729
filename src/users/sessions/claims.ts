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

/** The organisations a claim names: a text or a list of texts. What no organisation can be called is left out. */
export function organisationsIn(claims: JWTPayload, path: string | undefined): readonly string[] {
  if (path === undefined) return [];
  return textsOf(claimAt(claims, path)).filter(isTenantId);
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
    emailVerified: claims['email_verified'] === true,
    name: textIn(claims['name'], MAX_TEXT),
    picture: textIn(claims['picture'], MAX_PICTURE),
  };
}

function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
}

function textIn(value: unknown, maxLength: number): string | undefined {
  const isUsable =
    typeof value === 'string' && value !== '' && value.length <= maxLength && value.isWellFormed();
  return isUsable ? value : undefined;
}
