import { type ApiKey, isExpired } from '../domain/api-key';
import { type KeySlot, keysOfSubject, type SlotSubject } from '../domain/key-slot';
import type { KeySlots, SubjectSlots } from './key-slots';

/** The slots of owners and organisations in the memory of this process. */
export class MemoryKeySlots implements KeySlots {
  private readonly subjects = new Map<SlotSubject, SubjectSlots>();

  /** @param keys a function that returns all keys */
  constructor(private readonly keys: () => Iterable<ApiKey>) {}

  async take(subject: SlotSubject, slot: KeySlot, max: number, since: Date): Promise<boolean> {
    const kept = this.subjects.get(subject);
    if (kept?.seededAt === undefined || kept.seededAt.getTime() <= since.getTime()) return false;
    const others = kept.slots.filter(({ keyId }) => keyId !== slot.keyId);
    if (others.length >= max) return false;
    this.set(subject, { ...kept, slots: [...others, slot] });
    return true;
  }

  async yield(subject: SlotSubject, keyId: string, max: number): Promise<boolean> {
    const kept = this.subjects.get(subject);
    const others = kept?.slots.filter((slot) => slot.keyId !== keyId) ?? [];
    if (kept === undefined || others.length < max || others.length === kept.slots.length) return false;
    this.set(subject, { ...kept, slots: others });
    return true;
  }

  async free(subject: SlotSubject, freed: string, takenUntil: Date): Promise<void> {
    const kept = this.subjects.get(subject);
    if (kept === undefined) return;
    const stays = ({ keyId, at }: KeySlot): boolean => keyId !== freed || at.getTime() > takenUntil.getTime();
    this.set(subject, { ...kept, slots: kept.slots.filter(stays) });
  }

  async forget(subject: SlotSubject, forgotten: string): Promise<void> {
    const kept = this.subjects.get(subject);
    if (kept === undefined) return;
    const slots = kept.slots.filter(({ keyId }) => keyId !== forgotten);
    this.set(subject, { slots, revision: kept.revision });
  }

  async open(subject: SlotSubject): Promise<SubjectSlots> {
    const kept = this.subjects.get(subject) ?? { slots: [], revision: 0 };
    this.subjects.set(subject, kept);
    return structuredClone(kept);
  }

  async seed(
    subject: SlotSubject,
    revision: number,
    { slots, seededAt }: Pick<SubjectSlots, 'slots' | 'seededAt'>,
  ): Promise<boolean> {
    if (this.subjects.get(subject)?.revision !== revision) return false;
    this.set(subject, { slots, revision, ...(seededAt && { seededAt }) });
    return true;
  }

  async live(subject: SlotSubject, now: Date, limit: number): Promise<readonly KeySlot[]> {
    const { ownerId, orgId } = keysOfSubject(subject);
    return [...this.keys()]
      .filter(
        (key) =>
          (ownerId === undefined || key.ownerId === ownerId) &&
          (orgId === undefined || key.orgId === orgId) &&
          key.revokedAt === undefined &&
          !isExpired(key, now),
      )
      .slice(0, limit)
      .map(({ id, updatedAt }) => ({ keyId: id, at: new Date(updatedAt) }));
  }

  private set(subject: SlotSubject, { revision, ...rest }: SubjectSlots): void {
    this.subjects.set(subject, structuredClone({ ...rest, revision: revision + 1 }));
  }
}
