import type { ExecutionContext } from '@nestjs/common';
import { MisuseError } from '../../problems/misuse.error';
import type { KeySecret, VerifiedKey } from '../domain/api-key';
import type { TenantContext } from '../domain/binding';
import { type Caller, callerOf } from '../domain/caller';
import { type HttpRequest, nodeRequestOf } from '../../http/http-request';
import { callOf } from '../calls/call-of';

/** The key of an allowed request. */
export interface PresentedKey {
  readonly key: VerifiedKey;
  /** The presented secret of the key. */
  readonly secret: KeySecret;
}

/**
 * Follows the key of a call that lasts longer than its handler.
 *
 * @param end called at most once, with the error for the client, when the key no longer meets the requirement
 * @returns a function that stops following
 */
export type LiveKey = (end: (error: Error) => void) => () => void;

/** What the guard knows about a request that it allowed. */
export interface VerifiedAccess {
  /** The guard that allowed the request. */
  readonly guard: object;
  /** The allowed request. */
  readonly request: HttpRequest;
  /**
   * The route parameters at the time of the decision. Express replaces them when it forwards the request to another route.
   * For a call that is not an HTTP request: its occasion.
   */
  readonly params: unknown;
  /** The controller that the request was allowed to reach. */
  readonly controller: object;
  /** The handler that the request was allowed to reach. */
  readonly handler: object;
  /** The caller. May be a getter that creates it when it is read. */
  readonly caller: Caller;
  /** The presented key; `undefined` for a session. */
  readonly presented?: PresentedKey | undefined;
  /** The tenant that the request names and the caller may act for. */
  readonly tenant: TenantContext;
  /** Follows the key of a subscription. */
  readonly live?: LiveKey | undefined;
}

/** The access of a request that was allowed with a key. */
export class KeyAccess implements VerifiedAccess {
  constructor(
    readonly guard: object,
    readonly request: HttpRequest,
    readonly params: unknown,
    readonly controller: object,
    readonly handler: object,
    readonly presented: PresentedKey,
    private readonly named: TenantContext | undefined,
    readonly live?: LiveKey,
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
 * Returns the object that stores the access: the list of raw headers, which belongs to one request. A new property on an
 * Express request would cost a microsecond, because each request has its own hidden class (`npm run bench -- guard`).
 */
function carrierOf(request: HttpRequest): Carrier {
  const { rawHeaders } = nodeRequestOf(request) as { readonly rawHeaders?: Carrier };
  return rawHeaders ?? (request as Carrier);
}

/** Stores the access of an allowed request. */
export function attachAccess(access: VerifiedAccess): void {
  carrierOf(access.request)[VERIFIED] = access;
}

/** Removes the access of a request, so that the guard decides again. */
export function forgetAccess(request: HttpRequest): void {
  delete carrierOf(request)[VERIFIED];
}

/**
 * Returns the access of a request; `undefined` if no guard allowed it. A copy of an allowed request, or an
 * object with its members, has no access.
 */
export function accessOf(request: HttpRequest): VerifiedAccess | undefined {
  const access = carrierOf(request)[VERIFIED];
  return access?.request === request ? access : undefined;
}

/**
 * Returns the access of a request. Also accepts Node's request inside a Fastify request. Only for code that reads who sent the
 * request.
 */
export function accessBehind(request: HttpRequest): VerifiedAccess | undefined {
  const access = carrierOf(request)[VERIFIED];
  return access?.request.raw === request ? access : accessOf(request);
}

/** The access of calls that are not HTTP requests of their own, by their carriers. */
const CALLS = new WeakMap<object, VerifiedAccess>();

/** Stores the access of an allowed call. */
export function attachCallAccess(carrier: object, access: VerifiedAccess): void {
  CALLS.set(carrier, access);
}

/** Returns the access of a call; `undefined` if no guard allowed it. */
export function callAccessOf(carrier: object): VerifiedAccess | undefined {
  return CALLS.get(carrier);
}

/** Returns the access of the request or call in a context; `undefined` if no guard allowed it. */
export function accessIn(context: ExecutionContext): VerifiedAccess | undefined {
  if (context.getType() === 'http') return accessOf(context.getArgByIndex<HttpRequest>(0));
  return callAccessOf(callOf(context).carrier);
}

/**
 * Returns whether a guard allowed a request on exactly this route. A request that Express forwards to another route with
 * `next()`, or to the same route by another path, needs a new decision.
 *
 * @param params the current route parameters, or the occasion of a call
 * @param judgesAlike returns whether the guard that allowed the request makes the same decisions as the current one
 */
export function isLetInTo(
  access: VerifiedAccess | undefined,
  controller: object,
  handler: object,
  params: unknown,
  judgesAlike: (guard: object) => boolean,
): boolean {
  return (
    access !== undefined &&
    access.controller === controller &&
    access.handler === handler &&
    access.params === params &&
    judgesAlike(access.guard)
  );
}

/** @throws MisuseError if no guard allowed the request, which is a fault of the application, not of its client */
export function requireAccess(access: VerifiedAccess | undefined, asker: string): VerifiedAccess {
  if (access === undefined) {
    throw new MisuseError(`${asker} requires a route that ScopesGuard guards and that is not @Public()`);
  }
  return access;
}

/** @throws MisuseError if the request has a session instead of a key; on routes that accept sessions, use the caller */
export function requirePresentedKey(access: VerifiedAccess | undefined, asker: string): PresentedKey {
  const { presented } = requireAccess(access, asker);
  if (presented === undefined) throw new MisuseError(`${asker} requires a route without @AllowSessions()`);
  return presented;
}
