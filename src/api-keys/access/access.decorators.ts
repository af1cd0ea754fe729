import { MisuseError } from '../../problems/misuse.error';
import { isCost, MAX_COST } from '../domain/rate-limit';
import { isRequirableScope } from '../domain/scopes';
import { declareAccess } from './access-declaration';

/**
 * Allows only keys that hold all of the scopes. A method requires the scopes of its class as well as its own.
 *
 * @param scopes at least one, without wildcards
 * @throws MisuseError for a wildcard, a malformed scope or an empty list, when the class is loaded
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
 * Allows only keys that hold at least one of the scopes.
 *
 * @param scopes at least one, without wildcards
 * @throws MisuseError for a wildcard, a malformed scope or an empty list, when the class is loaded
 */
export function RequireAnyScope(...scopes: readonly string[]): ClassDecorator & MethodDecorator {
  requireRequirable('RequireAnyScope', scopes);
  return declareAccess({ kind: 'any-scope', anyOf: scopes });
}

/** Allows every valid key, whatever its scopes. */
export function Authenticated(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'authenticated' });
}

/** Allows every request, and every message of other transports, without checking a credential. */
export function Public(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'public' });
}

/**
 * Declares that the handler limits itself to the binding of the calling key, so requests with a bound key need not name a
 * tenant. `@Tenant()` returns the binding of the key. This decorator alone requires no key: combine it with one that does, such
 * as `@Authenticated()`.
 */
export function SelfScoped(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'self-scoped' });
}

/** Reads the tenant from the headers `X-Org-Id` and `X-Project-Id` as well as from route parameters. */
export function TenantHeaders(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'tenant-headers' });
}

/** Also accepts sessions if an {@link Authenticator} is provided. Without one, a session gets 401. */
export function AllowSessions(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'sessions' });
}

/**
 * Also accepts a key as OAuth clients present it: its id and token by HTTP Basic, or as `client_id` and `client_secret` in the
 * form (RFC 6749 section 2.3.1).
 */
export function ClientCredentials(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'client-credentials' });
}

/**
 * Reads the key from the store instead of the cache. Use it on routes that create keys or give them more rights; see decision
 * record 0058. The user of a session is always read from the store.
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
 * Allows every caller with the current token of a key, unless the key is revoked. The key may be disabled, expired, restricted
 * or over its limits. For the route with which a key revokes itself; see decision record 0068.
 */
export function Possession(): MethodDecorator {
  return declareAccess({ kind: 'possession' });
}

/**
 * Sets as how many requests a call counts against the rate limits; without it, 1. A method replaces the cost of its class. A call
 * of cost 0 is never rejected by a limit.
 *
 * A field of a GraphQL type below the root counts only if it has a cost, once for each object.
 *
 * @param cost a whole number from 0 to 1,000
 * @throws MisuseError for another value, when the class is loaded
 * @example
 * \@RequireScopes('memory:read')
 * \@Cost(5)
 * \@Get('search')
 * search() { … }
 */
export function Cost(cost: number): ClassDecorator & MethodDecorator {
  if (!isCost(cost)) throw new MisuseError(`@Cost() needs a whole number from 0 to ${MAX_COST}`);
  return declareAccess({ kind: 'cost', cost });
}

function requireRequirable(decorator: string, scopes: readonly string[]): void {
  if (scopes.length === 0) throw new MisuseError(`@${decorator}() needs at least one scope`);
  // A list in place of a text would become a text that no key holds.
  const wrong = scopes.findIndex((scope: unknown) => typeof scope !== 'string' || !isRequirableScope(scope));
  if (wrong !== -1) {
    throw new MisuseError(
      `@${decorator}() cannot require ${JSON.stringify(scopes[wrong])}: a required scope is lower-case segments joined by ":" without a wildcard`,
    );
  }
}
