/** The injection token of the optional {@link OwnerSlots} port. */
export const OWNER_SLOTS = Symbol('keyward:owner-slots');

/**
 * Limits the number of keys of an owner. The module that keeps users provides it. Without it the number is unlimited.
 * A slot is taken before its key is created, so that the limit holds under concurrency.
 */
export interface OwnerSlots {
  /** @throws KeywardError `key_limit_reached` if the owner has no free slot or does not exist */
  take(ownerId: string, keyId: string): Promise<void>;

  /**
   * Frees a slot. Never rejects: a slot that stays taken by mistake is detected when it is needed.
   *
   * @param takenUntil frees only a slot taken at or before this time, because the key may have returned to its owner
   */
  giveBack(ownerId: string, keyId: string, takenUntil: Date): Promise<void>;
}
