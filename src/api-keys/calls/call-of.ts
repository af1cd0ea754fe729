import type { ExecutionContext } from '@nestjs/common';
import { fieldCallOf } from './field-call';
import type { GuardedCall } from './guarded-call';

/** Returns the call in a context; `undefined` for HTTP and for transports that Keyward does not know. */
export function callOf(context: ExecutionContext): GuardedCall | undefined {
  const args = context.getArgs<unknown[]>();
  return context.getType<string>() === 'graphql' ? fieldCallOf(args) : undefined;
}
