import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { VerifiedKey } from '../domain/api-key';
import type { TenantContext } from '../domain/binding';
import { requireAccess, requirePresentedKey } from './verified-access';

/** The key that authorised a request. It is frozen. */
export type CurrentKey = VerifiedKey;

/**
 * Hands the verified key to a handler's parameter, as a {@link CurrentKey}.
 *
 * @example whoAmI(@CurrentApiKey() key: CurrentKey) { return key.id; }
 */
export const CurrentApiKey = createParamDecorator(
  (_data: unknown, context: ExecutionContext): CurrentKey =>
    requirePresentedKey(context.switchToHttp().getRequest(), '@CurrentApiKey()').key,
);

/**
 * Hands the verified tenant to a handler's parameter: what the request names and the key may act for. On a
 * `@SelfScoped()` route it is the key's own binding.
 *
 * @example list(@Tenant() { orgId, projectId }: TenantContext) { … }
 */
export const Tenant = createParamDecorator(
  (_data: unknown, context: ExecutionContext): TenantContext =>
    requireAccess(context.switchToHttp().getRequest(), '@Tenant()').tenant,
);
