import { type HttpRequest } from '../../http/http-request';
import type { Caller } from '../domain/caller';
import type { CurrentKey } from './parameter.decorators';
import { accessOf, requireAccess, requirePresentedKey } from './verified-access';

/** Returns the caller of an allowed request: a key or a user. */
export function currentCaller(request: HttpRequest): Caller {
  return requireAccess(accessOf(request), 'currentCaller()').caller;
}

/** Returns the key of an allowed request, without its hashes. */
export function currentKey(request: HttpRequest): CurrentKey {
  return requirePresentedKey(accessOf(request), 'currentKey()').key;
}
