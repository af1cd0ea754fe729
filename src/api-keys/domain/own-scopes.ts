import { scopeCovers } from './scopes';

/** The families of scopes that give access to Keyward's own routes. What is added later stands below `keyward:`. */
export const OWN_SCOPES: readonly string[] = ['api-keys:*', 'users:*', 'events:*', 'keyward:*'];

/** Lets the holder of a key rotate that key, and nothing else. */
const ROTATE_SELF = 'api-keys:rotate-self';

/**
 * Whether a scope gives access to Keyward's own routes: it covers one of {@link OWN_SCOPES}, or is part of one.
 * `api-keys:rotate-self` does not count, because it manages no other key than the one that holds it.
 *
 * @param scope a scope that may be granted
 * @example
 * isManagementScope('*'); // true
 * isManagementScope('users:read'); // true
 * isManagementScope('memory:*'); // false
 */
export function isManagementScope(scope: string): boolean {
  if (scope === ROTATE_SELF) return false;
  return OWN_SCOPES.some((own) => scopeCovers(scope, own) || scopeCovers(own, scope));
}
