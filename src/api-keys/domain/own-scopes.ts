import { scopeCovers } from './scopes';

/** Wildcards for all scopes of Keyward's own routes. Future management scopes begin with `keyward:`. */
export const OWN_SCOPES: readonly string[] = ['api-keys:*', 'users:*', 'events:*', 'keyward:*'];

/** Allows a key to rotate itself, and nothing else. */
const ROTATE_SELF = 'api-keys:rotate-self';

/**
 * Returns whether a scope gives access to Keyward's own routes: it covers one of {@link OWN_SCOPES}, or one of them covers it.
 * Returns false for `api-keys:rotate-self`, because it manages only the key that holds it.
 *
 * @param scope a scope that can be granted
 * @example
 * isManagementScope('*'); // true
 * isManagementScope('users:read'); // true
 * isManagementScope('memory:*'); // false
 */
export function isManagementScope(scope: string): boolean {
  if (scope === ROTATE_SELF) return false;
  return OWN_SCOPES.some((own) => scopeCovers(scope, own) || scopeCovers(own, scope));
}
