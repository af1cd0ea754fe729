import type { ChangeFeed, ReadOptions } from '../../change-feed/change-feed';

/** The injection token of the optional {@link OwnerStatus} port. */
export const OWNER_STATUS = Symbol('keyward:owner-status');

/**
 * Looks up whether the owner of a key is active. The users module provides this port. Without it, every owner counts as
 * active. If a lookup fails, the request is rejected.
 */
export interface OwnerStatus {
  /** The change feed of the owners. Without it, each verification of an owned key calls {@link isActive}. */
  readonly changes?: ChangeFeed | undefined;

  /**
   * Returns whether the owner exists and is active.
   *
   * @param ownerId the `ownerId` of a key
   */
  isActive(ownerId: string, options?: ReadOptions): Promise<boolean>;
}
