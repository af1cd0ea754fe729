import { MisuseError } from '../../problems/misuse.error';
import { isRequirableScope } from '../domain/scopes';
import { declareAccess } from './access-declaration';

/**
 * Lets in only keys that hold all of the scopes. On a class and on its methods the decorators add up.
 *
 * @param scopes at least one, without wildcards
 * @throws MisuseError at load, for a wildcard, a malformed scope or an empty list
 * @example
 * \@RequireScopes('memory:read')
 * \@Get('orgs/:orgId/memories')
 * list(@Tenant() tenant: TenantContext) { … }
 */
export function RequireScopes(...scopes: readonly string[]): ClassDecorator & MethodDecorator {
  requireRequirable('RequireScopes', scopes);
  return declareAccess({ kind: 'scopes', allOf: scopes });
}

/**
 * Lets in only keys that hold at least one of the scopes.
 *
 * @param scopes at least one, without wildcards
 * @throws MisuseError at load, for a wildcard, a malformed scope or an empty list
 */
export function RequireAnyScope(...scopes: readonly string[]): ClassDecorator & MethodDecorator {
  requireRequirable('RequireAnyScope', scopes);
  return declareAccess({ kind: 'any-scope', anyOf: scopes });
}

/** Lets in every valid key, whatever its scopes. */
export function Authenticated(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'authenticated' });
}

/** Lets in everyone, without looking at any credential. */
export function Public(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'public' });
}

/**
 * Says that the handler limits itself to the caller's own binding, so that a bound key needs to name no
 * tenant. `@Tenant()` then is the key's own binding. Asks for nothing itself: beside it stands what does, such
 * as `@Authenticated()`.
 */
export function SelfScoped(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'self-scoped' });
}

/** Reads the tenant from the headers `X-Org-Id` and `X-Project-Id` as well as from route parameters. */
export function TenantHeaders(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'tenant-headers' });
}

/** Takes a user's session as well, where an {@link Authenticator} is provided; elsewhere a session is 401. */
export function AllowSessions(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'sessions' });
}

/**
 * Accepts a key as OAuth clients present it, too: its id and token by HTTP Basic, or as `client_id` and `client_secret` in
 * the form (RFC 6749 section 2.3.1).
 */
export function ClientCredentials(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'client-credentials' });
}

/**
 * Verifies the key by a read of the store, not from memory: for routes that create, widen or pass on authority, see
 * decision record 0058. A session's user is always read.
 *
 * @example
 * \@RequireScopes('api-keys:write')
 * \@Uncached()
 * \@Post('customers/:id/keys')
 * create(@CurrentApiKey() key: CurrentKey) { … }
 */
export function Uncached(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'uncached' });
}

/**
 * Allows whoever holds the current token of a key, whatever state, restrictions and limits the key has. For the route by
 * which a holder revokes its own key; see decision record 0068.
 */
export function Possession(): MethodDecorator {
  return declareAccess({ kind: 'possession' });
}

function requireRequirable(decorator: string, scopes: readonly string[]): void {
  if (scopes.length === 0) throw new MisuseError(`@${decorator}() needs at least one scope`);
  const wrong = scopes.find((scope) => !isRequirableScope(scope));
  if (wrong !== undefined) {
    throw new MisuseError(
      `@${decorator}() cannot require ${JSON.stringify(wrong)}: a required scope is lower-case segments joined by ":" without a wildcard`,
    );
  }
}
