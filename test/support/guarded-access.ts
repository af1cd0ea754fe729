import type { GuardedAccess } from '../../src/api-keys/access/route-access';

/** The access of a route that requires a valid key, and nothing more unless these fields say so. */
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
