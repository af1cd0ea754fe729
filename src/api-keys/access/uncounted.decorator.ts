import { declareAccess } from './access-declaration';

/** Lets a key in whose rate limit is used up, and counts nothing: for the route that kills it. */
export function Uncounted(): MethodDecorator {
  return declareAccess({ kind: 'uncounted' });
}
