import type { Model, UpdateQuery } from 'mongoose';
import {
  boundedMongoOperation,
  durableWrite,
  isDuplicateKey,
  majorityRead,
} from '../../mongo/mongo-operation';
import { type KeySlot, keysOfSubject, type SlotSubject } from '../domain/key-slot';
import type { ApiKeyDocument } from './api-key.schema';
import type { KeySlots, SubjectSlots } from './key-slots';
import { KEY_SLOTS_MODEL, type KeySlotsDocument, KeySlotsSchema } from './key-slots.schema';

const NEXT = { $inc: { revision: 1 } } as const;

/** The slots of owners and organisations in MongoDB, in a collection of their own. */
export class MongoKeySlots implements KeySlots {
  private readonly model: Model<KeySlotsDocument>;

  /** @param keys the model of the keys, on the connection to use */
  constructor(private readonly keys: Model<ApiKeyDocument>) {
    this.model = keys.db.model<KeySlotsDocument>(KEY_SLOTS_MODEL, KeySlotsSchema);
  }

  /** Creates the collection. Every query is by `_id`. */
  async prepare(): Promise<void> {
    await this.model.createCollection();
  }

  async take(subject: SlotSubject, slot: KeySlot, max: number, since: Date): Promise<boolean> {
    if (max < 1) return false;
    const { keyId, at } = slot;
    const seeded = { _id: subject, seededAt: { $gt: since } };
    const isTaken = await this.update(
      { ...seeded, 'slots.keyId': { $ne: keyId }, [`slots.${max - 1}`]: { $exists: false } },
      { $push: { slots: slot }, ...NEXT },
    );
    if (isTaken) return true;
    return this.update(
      { ...seeded, 'slots.keyId': keyId, [`slots.${max}`]: { $exists: false } },
      { $set: { 'slots.$.at': at }, ...NEXT },
    );
  }

  async yield(subject: SlotSubject, keyId: string, max: number): Promise<boolean> {
    return this.update(
      { _id: subject, 'slots.keyId': keyId, [`slots.${max}`]: { $exists: true } },
      { $pull: { slots: { keyId } }, ...NEXT },
    );
  }

  async free(subject: SlotSubject, keyId: string, takenUntil: Date): Promise<void> {
    await this.update({ _id: subject }, { $pull: { slots: { keyId, at: { $lte: takenUntil } } }, ...NEXT });
  }

  async forget(subject: SlotSubject, keyId: string): Promise<void> {
    await this.update({ _id: subject }, { $pull: { slots: { keyId } }, $unset: { seededAt: 1 }, ...NEXT });
  }

  async open(subject: SlotSubject): Promise<SubjectSlots> {
    const found = await this.find(subject);
    if (found !== null) return found;
    const empty = { slots: [], revision: 0 };
    await boundedMongoOperation(async (signal) =>
      this.model.updateOne(
        { _id: subject },
        { $setOnInsert: empty },
        { ...durableWrite(signal), upsert: true },
      ),
    ).catch((error: unknown) => {
      // Another caller created the record at the same moment.
      if (!isDuplicateKey(error)) throw error;
    });
    return (await this.find(subject)) ?? empty;
  }

  async seed(
    subject: SlotSubject,
    revision: number,
    { slots, seededAt }: Pick<SubjectSlots, 'slots' | 'seededAt'>,
  ): Promise<boolean> {
    return this.update(
      { _id: subject, revision },
      {
        $set: { slots: [...slots], ...(seededAt && { seededAt }) },
        ...(seededAt === undefined && { $unset: { seededAt: 1 } }),
        ...NEXT,
      },
    );
  }

  async live(subject: SlotSubject, now: Date, limit: number): Promise<readonly KeySlot[]> {
    const found = await boundedMongoOperation((signal) =>
      this.keys
        .find(
          { ...keysOfSubject(subject), revokedAt: null, expiresAt: { $not: { $lte: now } } },
          { updatedAt: 1 },
          majorityRead(signal),
        )
        .limit(limit)
        .lean<{ _id: string; updatedAt: Date }[]>()
        .exec(),
    );
    return found.map(({ _id, updatedAt }) => ({ keyId: _id, at: updatedAt }));
  }

  private async find(subject: SlotSubject): Promise<SubjectSlots | null> {
    return boundedMongoOperation((signal) =>
      this.model.findById(subject, { _id: 0 }, majorityRead(signal)).lean<SubjectSlots>().exec(),
    );
  }

  private async update(
    filter: { readonly _id: SlotSubject } & Readonly<Record<string, unknown>>,
    change: UpdateQuery<KeySlotsDocument>,
  ): Promise<boolean> {
    const { matchedCount } = await boundedMongoOperation((signal) =>
      this.model.updateOne(filter, change, durableWrite(signal)),
    );
    return matchedCount === 1;
  }
}
