import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { VerifiedKey } from '../domain/api-key';
import type { TenantContext } from '../domain/binding';
import type { Caller } from '../domain/caller';
import { accessIn, requireAccess, requirePresentedKey } from './verified-access';

/** The key that authorised a request. It is frozen. */
export type CurrentKey = VerifiedKey;

/**
 * Injects the verified key into a parameter of a handler, as a {@link CurrentKey}.
 *
 * @example whoAmI(@CurrentApiKey() key: CurrentKey) { return key.id; }
 */
export const CurrentApiKey = createParamDecorator(
  (_data: unknown, context: ExecutionContext): CurrentKey =>
    requirePresentedKey(accessIn(context), '@CurrentApiKey()').key,
);

/**
 * Injects the caller into a parameter of a handler, as a {@link Caller}: a key, or a user on a route with `@AllowSessions()`.
 * Pass it to `ApiKeysService`, which then grants no more than the caller holds.
 *
 * @example create(@CurrentCaller() caller: Caller) { return this.keys.create(caller, { name: 'ingest', scopes: [] }); }
 */
export const CurrentCaller = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Caller =>
    requireAccess(accessIn(context), '@CurrentCaller()').caller,
);

/**
 * Injects the verified tenant into a parameter of a handler: the tenant that the request names and the key may act for. On a
 * `@SelfScoped()` route it is the binding of the key.
 *
 * @example list(@Tenant() { orgId, projectId }: TenantContext) { … }
 */
export const Tenant = createParamDecorator(
  (_data: unknown, context: ExecutionContext): TenantContext =>
    requireAccess(accessIn(context), '@Tenant()').tenant,
);
