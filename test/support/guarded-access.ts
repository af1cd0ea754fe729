import type { GuardedAccess } from '../../src/api-keys/access/route-access';

/** Returns the access rules of a route that requires a valid key and, by the given fields, more than that. */
export function guardedAccess(fields: Partial<GuardedAccess> = {}): GuardedAccess {
  return {
    kind: 'guarded',
    scopes: { allOf: [], anyOf: [] },
    selfScoped: false,
    tenantHeaders: false,
    clientCredentials: false,
    sessions: false,
    possession: false,
    isOwn: false,
    verification: undefined,
    ...fields,
  };
}
