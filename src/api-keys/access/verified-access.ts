import type { ApiKey, KeySecret } from '../domain/api-key';
import type { TenantContext } from '../domain/binding';

/** What the guard found out about a request it let in. */
export interface VerifiedAccess {
  readonly key: ApiKey;
  /** The secret of the key that was presented. */
  readonly secret: KeySecret;
  /** The tenant that the request names and the key may act for. */
  readonly tenant: TenantContext;
  /** The controller and the handler that it was let in to. */
  readonly route: readonly [controller: object, handler: object];
}

const VERIFIED = Symbol('keyward:verified-access');

interface Carrier {
  [VERIFIED]?: VerifiedAccess;
}

/** Remembers on the request that it was let in, and as whom. */
export function attachAccess(request: object, access: VerifiedAccess): void {
  (request as Carrier)[VERIFIED] = access;
}

/** What the guard found out, `undefined` on a request that no guard let in. */
export function accessOf(request: object): VerifiedAccess | undefined {
  return (request as Carrier)[VERIFIED];
}

/**
 * Whether the guard let a request in to this very route. One that moves on to another, as Express permits with
 * `next()`, has yet to be let in there.
 */
export function isLetInTo(request: object, controller: object, handler: object): boolean {
  const route = accessOf(request)?.route;
  return route !== undefined && route[0] === controller && route[1] === handler;
}

/** @throws Error on a route that no `ScopesGuard` guards: a fault of the application, not of its client */
export function requireAccess(request: object, asker: string): VerifiedAccess {
  const access = accessOf(request);
  if (access === undefined)
    throw new Error(`${asker} needs a route that ScopesGuard guards and that is not @Public()`);
  return access;
}
