import type { KeySlot, SlotSubject } from '../domain/key-slot';

/** The slots of one owner or organisation. */
export interface SubjectSlots {
  readonly slots: readonly KeySlot[];
  /** When the slots were last compared with the live keys; `undefined` if they must be compared before the next take. */
  readonly seededAt?: Date | undefined;
  /** Increases with each write. */
  readonly revision: number;
}

/**
 * The slots for the live keys of owners and organisations with a maximum number of keys. Each method is one atomic
 * operation on one record. Methods reject with `StorageUnavailableError` if the store cannot answer. Decision record 0094
 * describes how they are used.
 */
export interface KeySlots {
  /**
   * Reserves a slot if at most `max` slots are then reserved. Reserving the slot of the same key again renews its date.
   *
   * @param since reserves nothing if the slots were last seeded at or before this time
   * @returns whether the slot is reserved now
   */
  take(subject: SlotSubject, slot: KeySlot, max: number, since: Date): Promise<boolean>;

  /** Frees the slot of a key if more than `max` slots are reserved. Returns whether the slot was freed. */
  yield(subject: SlotSubject, keyId: string, max: number): Promise<boolean>;

  /** Frees the slot of a key if it was reserved at or before `takenUntil`. */
  free(subject: SlotSubject, keyId: string, takenUntil: Date): Promise<void>;

  /** Frees the slot of a key, and requires that the slots are seeded before the next take. Creates no record. */
  forget(subject: SlotSubject, keyId: string): Promise<void>;

  /** Returns the slots of a subject. Creates an empty record without `seededAt` if there is none. */
  open(subject: SlotSubject): Promise<SubjectSlots>;

  /**
   * Replaces all slots.
   *
   * @param revision the revision that the slots were computed from
   * @returns whether the slots are stored; `false` if the record has another revision
   */
  seed(
    subject: SlotSubject,
    revision: number,
    seeded: Pick<SubjectSlots, 'slots' | 'seededAt'>,
  ): Promise<boolean>;

  /**
   * Returns the ids of the keys of a subject that are neither revoked nor expired, with the times of their last changes.
   *
   * @param limit the maximum number of keys to return
   */
  live(subject: SlotSubject, now: Date, limit: number): Promise<readonly KeySlot[]>;
}
