import type { Type } from '@nestjs/common';
import { ConfigurationError } from '../../problems/configuration.error';
import type { ScopeRequirement } from '../domain/scopes';
import type { VerifyOptions } from '../verification/key-verifier';
import { ownRouteHandlerOf } from '../../http/own-route';
import { type AccessDeclaration, declarationsOn } from './access-declaration';

/** The access that a route requires, compiled from its decorators. */
export type RouteAccess =
  | { readonly kind: 'undeclared' }
  | { readonly kind: 'public' }
  | {
      readonly kind: 'guarded';
      readonly scopes: ScopeRequirement;
      readonly selfScoped: boolean;
      readonly tenantHeaders: boolean;
      readonly clientCredentials: boolean;
      readonly sessions: boolean;
      /** Whether the route requires only possession of the current token. */
      readonly possession: boolean;
      /** Whether it is one of Keyward's own routes. They always respond with Keyward's problems. */
      readonly isOwn: boolean;
      /** Options of the verification. */
      readonly verification: VerifyOptions | undefined;
    };

/** The access of a route that requires a credential. */
export type GuardedAccess = Extract<RouteAccess, { kind: 'guarded' }>;

/**
 * Compiles the decorators of a class and one of its methods.
 *
 * @throws ConfigurationError if they contradict each other, or if the method lost its decorators because it was replaced on an
 *   instance
 */
export function compileRouteAccess(controller: Type, handler: object): RouteAccess {
  const [onClass, onMethod] = [declarationsOn(controller), declarationsOn(handler)];
  const declared = [...onClass, ...onMethod];
  const has = (kind: AccessDeclaration['kind']): boolean => declared.some((each) => each.kind === kind);
  const asksForMore = has('scopes') || has('any-scope') || has('authenticated');
  const possession = has('possession') && !asksForMore;
  const asksForKey = asksForMore || possession;
  const selfScoped = has('self-scoped');
  const tenantHeaders = has('tenant-headers');
  const cost = costIn(onMethod) ?? costIn(onClass);
  const name = methodNameOf(controller, handler);
  const where = `${controller.name}.${name ?? (handler as { name?: string }).name ?? ''}`;
  if (onClass.length > 0 && onMethod.length === 0 && name === undefined) {
    throw new ConfigurationError(
      `${where} was replaced on its instance, so its decorators are lost: wrap it on the class instead.`,
    );
  }
  if (has('public')) {
    if (asksForKey || selfScoped || tenantHeaders || cost !== undefined) {
      throw new ConfigurationError(
        `${where} has both @Public() and a decorator that requires access: remove one of them.`,
      );
    }
    return { kind: 'public' };
  }
  if (!asksForKey && cost !== undefined) {
    throw new ConfigurationError(
      `${where} has @Cost() without a decorator that requires a key: add one such as @Authenticated().`,
    );
  }
  if (!asksForKey) return { kind: 'undeclared' };
  if (has('sessions') && !selfScoped) {
    throw new ConfigurationError(
      `${where} has @AllowSessions() without @SelfScoped(): a session has no tenant, so the handler must limit itself.`,
    );
  }
  return {
    kind: 'guarded',
    scopes: {
      allOf: [...new Set(declared.flatMap((each) => (each.kind === 'scopes' ? each.allOf : [])))],
      anyOf: declared.flatMap((each) => (each.kind === 'any-scope' ? [each.anyOf] : [])),
    },
    selfScoped,
    tenantHeaders,
    clientCredentials: has('client-credentials'),
    sessions: has('sessions'),
    possession,
    isOwn: ownRouteHandlerOf(handler) !== undefined,
    verification:
      possession || has('uncached') || cost !== undefined
        ? { uncounted: possession, noCache: has('uncached'), cost }
        : undefined,
  };
}

/** Returns the cost that was declared last: a class declares its own after the inherited one. */
function costIn(declared: readonly AccessDeclaration[]): number | undefined {
  return declared.findLast((each) => each.kind === 'cost')?.cost;
}

/**
 * Returns the method name under which a class or its ancestors hold a handler. The function itself may have no name if it is a
 * wrapper.
 */
function methodNameOf({ prototype }: Type, handler: object): string | undefined {
  let holder = prototype as object | null;
  while (holder !== null) {
    const members = Object.entries(Object.getOwnPropertyDescriptors(holder));
    const found = members.find(([, { value }]) => value === handler);
    if (found !== undefined) return found[0];
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return undefined;
}

/** Compiles each route once and keeps the result, so that a request reads no metadata. */
export class RouteAccessTable {
  private readonly table = new WeakMap<object, WeakMap<object, RouteAccess>>();

  /** @throws ConfigurationError if the route's decorators contradict each other */
  of(controller: Type, handler: object): RouteAccess {
    let handlers = this.table.get(controller);
    if (handlers === undefined) this.table.set(controller, (handlers = new WeakMap()));
    let access = handlers.get(handler);
    if (access === undefined) handlers.set(handler, (access = compileRouteAccess(controller, handler)));
    return access;
  }
}
