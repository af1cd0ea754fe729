import type { ReadOptions } from '../../change-feed/change-feed';

/** The injection token of the optional {@link OwnerKeyLimit} port. */
export const OWNER_KEY_LIMIT = Symbol('keyward:owner-key-limit');

/**
 * Looks up how many keys an owner may have. The users module provides this port. Without it, only the policy of an owner
 * limits the number.
 */
export interface OwnerKeyLimit {
  /**
   * Returns the maximum number of live keys of an owner, at most 1000. `undefined` for no maximum.
   *
   * @throws KeywardError `key_limit_reached` if the owner is not an active user
   */
  maxKeysOf(ownerId: string, options?: ReadOptions): Promise<number | undefined>;
}
