import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { VerifiedKey } from '../domain/api-key';
import { requirePresentedKey } from './verified-access';

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
