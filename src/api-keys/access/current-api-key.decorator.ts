import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ApiKey } from '../domain/api-key';
import { requirePresentedKey } from './verified-access';

/** The key that a request was let in with, without its hashes. */
export type CurrentKey = Omit<ApiKey, 'secrets'>;

/**
 * Hands the verified key to a handler's parameter, as a {@link CurrentKey}.
 *
 * @example whoAmI(@CurrentApiKey() key: CurrentKey) { return key.id; }
 */
export const CurrentApiKey = createParamDecorator((_data: unknown, context: ExecutionContext): CurrentKey => {
  const { secrets: _secrets, ...key } = requirePresentedKey(
    context.switchToHttp().getRequest(),
    '@CurrentApiKey()',
  ).key;
  return key;
});
