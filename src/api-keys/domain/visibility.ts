import { type Binding, bindingMatches } from './binding';

/** The limits of what a caller sees: its own binding and owner. A part that is absent does not limit. */
export interface Viewpoint extends Binding {
  readonly ownerId?: string | undefined;
}

/**
 * Whether a caller may know that a key exists: the key is equal in each part that the caller binds, and
 * belongs to the caller's owner if the caller has one. What is not visible is answered as if it did not exist.
 */
export function isVisible(viewpoint: Viewpoint, key: Viewpoint): boolean {
  return (
    bindingMatches(viewpoint, key) && (viewpoint.ownerId === undefined || viewpoint.ownerId === key.ownerId)
  );
}
