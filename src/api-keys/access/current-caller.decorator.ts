import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Caller } from '../domain/caller';
import { requireAccess } from './verified-access';

/** Hands the caller that the request was let in as, key or session, to a handler's parameter. */
export const CurrentCaller = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Caller =>
    requireAccess(context.switchToHttp().getRequest(), '@CurrentCaller()').caller,
);
