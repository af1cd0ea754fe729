import { type Binding, bindingMatches } from './binding';

/** The binding and the owner that limit which keys a caller sees. An absent part does not limit. */
export interface Viewpoint extends Binding {
  readonly ownerId?: string | undefined;
}

/**
 * Returns whether a key is visible to a caller: it matches the caller's binding, and belongs to the caller's owner if
 * the caller has one. The answer for an invisible key is the same as for a key that does not exist.
 */
export function isVisible(viewpoint: Viewpoint, key: Viewpoint): boolean {
  return (
    bindingMatches(viewpoint, key) && (viewpoint.ownerId === undefined || viewpoint.ownerId === key.ownerId)
  );
}
