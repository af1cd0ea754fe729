/** The injection token of the optional {@link OwnerSlots} port. */
export const OWNER_SLOTS = Symbol('keyward:owner-slots');

/**
 * Keeps owners from having more keys than they may. Provided by whoever keeps the users; without it an owner may
 * have any number. A place is taken before its key is made, so that the limit holds under concurrency.
 */
export interface OwnerSlots {
  /** @throws KeywardError `key_limit_reached` if the owner has no place left, or is not there */
  take(ownerId: string, keyId: string): Promise<void>;

  /**
   * Gives a place back. Never rejects: a place that stays taken is found free again when it is needed.
   *
   * @param takenUntil only a place taken no later than then: the key may have come back to its owner since
   */
  giveBack(ownerId: string, keyId: string, takenUntil: Date): Promise<void>;
}
