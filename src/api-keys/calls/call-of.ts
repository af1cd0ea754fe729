import type { ExecutionContext } from '@nestjs/common';
import { fieldCallOf } from './field-call';
import type { GuardedCall } from './guarded-call';
import { messageCallOf } from './message-call';

/** Returns the call in a context; `undefined` for HTTP and for transports that Keyward does not know. */
export function callOf(context: ExecutionContext): GuardedCall | undefined {
  const args = context.getArgs<unknown[]>();
  const type = context.getType<string>();
  if (type === 'graphql') return fieldCallOf(args);
  return type === 'ws' ? messageCallOf(args, context.getClass()) : undefined;
}
