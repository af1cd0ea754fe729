/** The injection token of the optional {@link OwnerSlots} port. */
export const OWNER_SLOTS = Symbol('keyward:owner-slots');

/**
 * Limits the number of keys of an owner. The users module provides this port. Without it, the number is unlimited. A
 * slot is taken before its key is created, so that the limit holds under concurrency.
 */
export interface OwnerSlots {
  /** @throws KeywardError `key_limit_reached` if the owner has no free slot or is not an active user */
  take(ownerId: string, keyId: string): Promise<void>;

  /**
   * Frees a slot. Never rejects. If the store fails, the slot is freed later, when the owner has no free slot left.
   *
   * @param takenUntil does not free a slot that was taken after this time, because the owner has received the key again
   */
  giveBack(ownerId: string, keyId: string, takenUntil: Date): Promise<void>;
}
