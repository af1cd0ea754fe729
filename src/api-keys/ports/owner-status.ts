import type { ChangeFeed, ReadOptions } from '../../change-feed/change-feed';

/** The injection token of the optional {@link OwnerStatus} port. */
export const OWNER_STATUS = Symbol('keyward:owner-status');

/**
 * Tells whether the owner of a key is active; provided by whoever keeps the users. Without it every owner
 * counts as active. A rejection refuses the request, it never admits it.
 */
export interface OwnerStatus {
  /** Announces which owners changed. Without it each verification of an owned key asks {@link isActive}. */
  readonly changes?: ChangeFeed | undefined;

  /**
   * Whether the owner is active. One that does not exist is not.
   *
   * @param ownerId the `ownerId` of a key
   */
  isActive(ownerId: string, options?: ReadOptions): Promise<boolean>;
}
