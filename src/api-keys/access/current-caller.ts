import { type HttpRequest } from '../../http/http-request';
import type { Caller } from '../domain/caller';
import type { CurrentKey } from './parameter.decorators';
import { requireAccess, requirePresentedKey } from './verified-access';

/** The caller that a request was allowed as: a key or a session. */
export function currentCaller(request: HttpRequest): Caller {
  return requireAccess(request, 'currentCaller()').caller;
}

/** The key that a request was allowed with, without its hashes. */
export function currentKey(request: HttpRequest): CurrentKey {
  return requirePresentedKey(request, 'currentKey()').key;
}
