import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { TenantContext } from '../domain/binding';
import { requireAccess } from './verified-access';

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
