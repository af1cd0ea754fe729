import { declareAccess } from './access-declaration';

/** Lets a key in whose rate limit is used up, and does not count against it: for the route that kills the key. */
export function Uncounted(): MethodDecorator {
  return declareAccess({ kind: 'uncounted' });
}
