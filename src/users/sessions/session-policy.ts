import type { JWTPayload } from 'jose';
import type { Caller } from '../../api-keys/domain/caller';
import type { User } from '../domain/user';
import type { UsersOptions } from '../users.options';
import { administeredIn, isAdministrator, organisationsIn } from './claims';
import type { OidcIssuerConfig } from '../issuers/oidc-issuer.config';

/** The scopes that every user holds for the keys that it owns. */
const OWN_KEYS = ['api-keys:read', 'api-keys:write'] as const;

/**
 * Returns the caller of a session, with the rights of its user. Users manage the keys that they own. They can grant
 * only the grantable scopes, in the organisations that they belong to. Organisation administrators also manage the keys of their
 * organisations, see decision record 0091. Administrators hold every right. Keys may outlive the session.
 */
export function sessionCaller(
  user: User,
  claims: JWTPayload,
  { orgClaim, orgAdminClaim, adminClaim }: OidcIssuerConfig,
  { grantableScopes = [], orgAdminScopes = [], unboundKeys = false }: UsersOptions,
): Caller {
  const identity = { actor: `user:${user.id}`, userId: user.id, boundByMaxTtl: true };
  if (isAdministrator(claims, adminClaim)) {
    return { ...identity, scopes: ['*'], grant: { scopes: ['*'], allowedIps: [], rateLimits: [] } };
  }
  const administered = administeredIn(claims, orgAdminClaim).map((orgId) => ({
    orgId,
    scopes: orgAdminScopes,
    allowedIps: [],
    rateLimits: [],
  }));
  return {
    ...identity,
    scopes: administered.length > 0 ? [...OWN_KEYS, 'events:read'] : OWN_KEYS,
    grant: { ownerId: user.id, scopes: grantableScopes, allowedIps: [], rateLimits: [] },
    orgIds: unboundKeys ? undefined : organisationsIn(claims, orgClaim),
    ...(administered.length > 0 && { administered }),
  };
}
