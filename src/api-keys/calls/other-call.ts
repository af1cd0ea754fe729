import { carrierOf } from './carrier';
import type { GuardedCall } from './guarded-call';

/**
 * Reads a call of a transport whose requests Keyward does not know, such as a message of a microservice. Only a guard that
 * overrides `requestOf` allows it.
 *
 * @param handlerArgs the arguments of the handler; the first one may name the tenant, and at least one object belongs to this
 *   call alone
 */
export function otherCallOf(handlerArgs: readonly unknown[], controller: object): GuardedCall {
  const objects = handlerArgs.filter((each) => typeof each === 'object' && each !== null);
  return {
    carrier: objects.length === 0 ? {} : carrierOf([controller, ...objects]),
    occasion: handlerArgs,
    args: handlerArgs[0],
    request: undefined,
    response: undefined,
    handshake: undefined,
    isLasting: false,
    requireSize: () => undefined,
    rejection: (problem) => problem,
  };
}
