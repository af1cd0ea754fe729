import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requireAccess, type VerifiedAccess } from './verified-access';

/** Hands everything that the guard found out to a handler's parameter. */
export const CurrentAccess = createParamDecorator(
  (_data: unknown, context: ExecutionContext): VerifiedAccess =>
    requireAccess(context.switchToHttp().getRequest(), '@CurrentAccess()'),
);
