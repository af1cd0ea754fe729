import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type PresentedKey, requirePresentedKey } from './verified-access';

/** Hands the presented key and its secret's record to a handler's parameter, as a {@link PresentedKey}. */
export const PresentedKeyOf = createParamDecorator(
  (_data: unknown, context: ExecutionContext): PresentedKey =>
    requirePresentedKey(context.switchToHttp().getRequest(), '@PresentedKeyOf()'),
);
