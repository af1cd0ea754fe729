import { declareAccess } from './access-declaration';

/**
 * Allows whoever holds the current token of a key, whatever state, restrictions and limits the key has. For the route by
 * which a holder revokes its own key; see decision record 0068.
 */
export function Possession(): MethodDecorator {
  return declareAccess({ kind: 'possession' });
}
