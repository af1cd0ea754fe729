import type { ExecutionContext } from '@nestjs/common';
import { fieldCallOf } from './field-call';
import type { GuardedCall } from './guarded-call';
import { messageCallOf } from './message-call';
import { otherCallOf } from './other-call';

/** Returns the call in a context that is not an HTTP request of its own. */
export function callOf(context: ExecutionContext): GuardedCall {
  const args = context.getArgs<unknown[]>();
  const type = context.getType<string>();
  if (type === 'graphql') return fieldCallOf(args);
  return (type === 'ws' ? messageCallOf : otherCallOf)(args, context.getClass());
}
