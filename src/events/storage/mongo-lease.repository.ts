import type { Model } from 'mongoose';
import type { LeaseDocument } from './event.schema';
import type { LeaseRecord, LeaseRepository } from '../../api-keys/ports/event.repository';
import {
  boundedMongoOperation,
  durableWrite,
  isDuplicateKey,
  majorityRead,
} from '../../mongo/mongo-operation';

/** Stores leases in MongoDB, one document per lease. Each renewal is one conditional write. */
export class MongoLeaseRepository implements LeaseRepository {
  constructor(private readonly model: Model<LeaseDocument>) {}

  async read(name: string): Promise<LeaseRecord | null> {
    const found = await boundedMongoOperation((signal) =>
      this.model.findById(name, { _id: 0 }, majorityRead(signal)).lean<LeaseRecord>().exec(),
    );
    return found;
  }

  async write(name: string, { holder, beat, progress }: LeaseRecord): Promise<boolean> {
    const isFirst = beat === 1;
    const next = { holder, beat, ...(progress !== undefined && { progress }) };
    try {
      const { matchedCount, upsertedCount } = await boundedMongoOperation((signal) =>
        this.model.updateOne(
          { _id: name, beat: isFirst ? { $exists: false } : beat - 1 },
          { $set: next },
          { ...durableWrite(signal), upsert: isFirst },
        ),
      );
      return matchedCount + upsertedCount === 1;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}
