/** The injection token of the optional {@link OwnerSlots} port. */
export const OWNER_SLOTS = Symbol('keyward:owner-slots');

/**
 * Limits the number of keys of an owner. The module that keeps users provides it. Without it the number is unlimited.
 * A slot is taken before its key is created, so that the limit holds under concurrency.
 */
export interface OwnerSlots {
  /** @throws KeywardError `key_limit_reached` if the owner has no free slot or is not an active user */
  take(ownerId: string, keyId: string): Promise<void>;

  /**
   * Frees a slot. Never rejects: a slot that could not be freed is freed when the owner needs it.
   *
   * @param takenUntil a slot that was taken after this time stays taken, because the owner has got the key back since
   */
  giveBack(ownerId: string, keyId: string, takenUntil: Date): Promise<void>;
}
