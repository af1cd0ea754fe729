import type { JWTPayload } from 'jose';
import type { Caller } from '../../api-keys/domain/caller';
import type { User } from '../domain/user';
import type { UsersOptions } from '../users.options';
import { isAdministrator, organisationsIn } from './claims';
import type { OidcIssuerConfig } from '../issuers/oidc-issuer.config';

/** What every user may do with the keys it owns. */
const OWN_KEYS = ['api-keys:read', 'api-keys:write'] as const;

/**
 * What a user may do in a session. Users look after the keys they own, and give at most the grantable scopes, in the
 * organisations they belong to; administrators hold everything. The end of a session bounds no key.
 */
export function sessionCaller(
  user: User,
  claims: JWTPayload,
  { orgClaim, adminClaim }: OidcIssuerConfig,
  { grantableScopes = [], unboundKeys = false }: UsersOptions,
): Caller {
  const identity = { actor: `user:${user.id}`, userId: user.id, boundByMaxTtl: true };
  if (isAdministrator(claims, adminClaim)) {
    return { ...identity, scopes: ['*'], grant: { scopes: ['*'], allowedIps: [] } };
  }
  return {
    ...identity,
    scopes: OWN_KEYS,
    grant: { ownerId: user.id, scopes: grantableScopes, allowedIps: [] },
    orgIds: unboundKeys ? undefined : organisationsIn(claims, orgClaim),
  };
}
