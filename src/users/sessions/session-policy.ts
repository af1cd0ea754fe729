import type { JWTPayload } from 'jose';
import type { Caller } from '../../api-keys/domain/caller';
import type { User } from '../domain/user';
import type { UsersOptions } from '../users.options';
import { isAdministrator, organisationsIn } from './claims';
import type { OidcIssuerConfig } from '../issuers/oidc-issuer.config';

/** The scopes that every user holds for the keys that it owns. */
const OWN_KEYS = ['api-keys:read', 'api-keys:write'] as const;

/**
 * Returns the caller of a session, with the rights of its user. Users manage the keys that they own. They can grant
 * only the grantable scopes, in the organisations that they belong to. Administrators hold every right. Keys may
 * outlive the session.
 */
export function sessionCaller(
  user: User,
  claims: JWTPayload,
  { orgClaim, adminClaim }: OidcIssuerConfig,
  { grantableScopes = [], unboundKeys = false }: UsersOptions,
): Caller {
  const identity = { actor: `user:${user.id}`, userId: user.id, boundByMaxTtl: true };
  if (isAdministrator(claims, adminClaim)) {
    return { ...identity, scopes: ['*'], grant: { scopes: ['*'], allowedIps: [], rateLimits: [] } };
  }
  return {
    ...identity,
    scopes: OWN_KEYS,
    grant: { ownerId: user.id, scopes: grantableScopes, allowedIps: [], rateLimits: [] },
    orgIds: unboundKeys ? undefined : organisationsIn(claims, orgClaim),
  };
}
