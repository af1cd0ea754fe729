import { MisuseError } from '../../problems/misuse.error';
import type { KeySecret, VerifiedKey } from '../domain/api-key';
import type { TenantContext } from '../domain/binding';
import { type Caller, callerOf } from '../domain/caller';
import { type HttpRequest, nodeRequestOf } from '../../http/http-request';

/** A key that a request was let in with. */
export interface PresentedKey {
  readonly key: VerifiedKey;
  /** The secret of the key that was presented. */
  readonly secret: KeySecret;
}

/** What the guard found out about a request it let in. */
export interface VerifiedAccess {
  /** The guard that let it in. */
  readonly guard: object;
  /** The request that was let in. */
  readonly request: HttpRequest;
  /** Its route parameters when it was judged; Express gives it others wherever it is dispatched anew. */
  readonly params: unknown;
  /** The controller that it was let in to. */
  readonly controller: object;
  /** The handler that it was let in to. */
  readonly handler: object;
  /** The caller; a getter where it is composed only if a handler asks. */
  readonly caller: Caller;
  /** The key that was presented; `undefined` for a user's session. */
  readonly presented?: PresentedKey | undefined;
  /** The tenant that the request names and the caller may act for. */
  readonly tenant: TenantContext;
}

/** What the guard found out about a request that a key let in. */
export class KeyAccess implements VerifiedAccess {
  constructor(
    readonly guard: object,
    readonly request: HttpRequest,
    readonly params: unknown,
    readonly controller: object,
    readonly handler: object,
    readonly presented: PresentedKey,
    private readonly named: TenantContext | undefined,
  ) {}

  get caller(): Caller {
    return callerOf(this.presented.key, this.presented.secret);
  }

  get tenant(): TenantContext {
    const { orgId, projectId } = this.named ?? this.presented.key;
    return { orgId, projectId };
  }
}

const VERIFIED = Symbol('keyward:verified-access');

interface Carrier {
  [VERIFIED]?: VerifiedAccess;
}

/**
 * Where it is remembered: on the list of raw headers, which is a request's own as well. A member added to a request of
 * Express costs a microsecond, for Express gives each of them a hidden class of its own (`npm run bench -- guard`).
 */
function carrierOf(request: HttpRequest): Carrier {
  const { rawHeaders } = nodeRequestOf(request) as { readonly rawHeaders?: Carrier };
  return rawHeaders ?? (request as Carrier);
}

/** Remembers that a request was let in, and as whom. */
export function attachAccess(access: VerifiedAccess): void {
  carrierOf(access.request)[VERIFIED] = access;
}

/** Forgets that a request was allowed, so that it is judged anew. */
export function forgetAccess(request: HttpRequest): void {
  delete carrierOf(request)[VERIFIED];
}

/**
 * What the guard found out, `undefined` on a request that no guard let in: also where it was made out of the parts of
 * one that was.
 */
export function accessOf(request: HttpRequest): VerifiedAccess | undefined {
  const access = carrierOf(request)[VERIFIED];
  return access?.request === request ? access : undefined;
}

/**
 * Whether a guard let a request in to this very route. One that moves on to another, as Express permits with `next()`,
 * or comes to the same by another path has yet to be let in there.
 *
 * @param judgesAlike whether that guard judges as the one that asks
 */
export function isLetInTo(
  request: HttpRequest,
  controller: object,
  handler: object,
  judgesAlike: (guard: object) => boolean,
): boolean {
  const access = accessOf(request);
  return (
    access !== undefined &&
    access.controller === controller &&
    access.handler === handler &&
    access.params === request.params &&
    judgesAlike(access.guard)
  );
}

/** @throws MisuseError on a route that no `ScopesGuard` guards: a fault of the application, not of its client */
export function requireAccess(request: HttpRequest, asker: string): VerifiedAccess {
  const access = accessOf(request);
  if (access === undefined) {
    throw new MisuseError(`${asker} needs a route that ScopesGuard guards and that is not @Public()`);
  }
  return access;
}

/** @throws MisuseError on a route that sessions may use: it must ask for the caller instead */
export function requirePresentedKey(request: HttpRequest, asker: string): PresentedKey {
  const { presented } = requireAccess(request, asker);
  if (presented === undefined)
    throw new MisuseError(`${asker} needs a route that is not declared @AllowSessions()`);
  return presented;
}
