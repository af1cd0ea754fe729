import type { Model } from 'mongoose';
import { type KeyEvent, positionOf } from '../domain/key-event';
import type { EventQuery, EventRepository, QueuedEvent, RecordedEvent } from './event.repository';
import type { EventDocument } from './event.schema';
import { boundedMongoOperation, durableWrite, isDuplicateKey, majorityRead } from './mongo-operation';
import type { MongoLeaseRepository } from './mongo-lease.repository';

/** Before every date, and yet a date: an index on dates alone serves the comparison. */
const EVER = new Date(0);

const RECORDED = { position: 0, deliverAt: 0, attempts: 0 } as const;
const QUEUED = { position: 0, delivery: 0 } as const;

type Stored<T extends KeyEvent> = { readonly _id: string } & Omit<T, 'id'>;

/** Keeps events in MongoDB: one document an event, its delivery included. */
export class MongoEventRepository implements EventRepository {
  readonly durability = 'durable';

  constructor(
    private readonly model: Model<EventDocument>,
    readonly leases: MongoLeaseRepository,
  ) {}

  async prepare(): Promise<void> {
    await this.model.createCollection();
    await this.model.createIndexes();
  }

  async add({ id, ...event }: KeyEvent, deliverAt?: Date): Promise<boolean> {
    const fields = {
      ...Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined)),
      position: positionOf({ id, at: event.at }),
      ...(deliverAt === undefined ? { delivery: 'none' } : { delivery: 'pending', deliverAt, attempts: 0 }),
    };
    try {
      const { upsertedCount } = await boundedMongoOperation((signal) =>
        this.model.updateOne(
          { _id: id },
          { $setOnInsert: fields },
          { ...durableWrite(signal), upsert: true },
        ),
      );
      return upsertedCount === 1;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async list({ from, before, limit, ...equal }: EventQuery): Promise<readonly RecordedEvent[]> {
    const given = Object.entries(equal).filter(([, value]) => value !== undefined);
    const range = {
      ...(from !== undefined && { $gte: from }),
      ...(before !== undefined && { $lt: before }),
    };
    const found = await boundedMongoOperation((signal) =>
      this.model
        .find(
          { ...Object.fromEntries(given), ...(Object.keys(range).length > 0 && { position: range }) },
          RECORDED,
          majorityRead(signal),
        )
        .sort({ position: -1 })
        .limit(limit)
        .lean<Stored<RecordedEvent>[]>()
        .exec(),
    );
    return found.map(withId);
  }

  async due(now: Date, limit: number): Promise<readonly QueuedEvent[]> {
    return this.queued({ deliverAt: { $lte: now } }, limit);
  }

  async queuedOf(keyId: string, limit: number): Promise<readonly QueuedEvent[]> {
    return this.queued({ keyId, deliverAt: { $gte: EVER } }, limit);
  }

  async postpone({ id, attempts: before }: QueuedEvent, deliverAt: Date, attempts: number): Promise<void> {
    await this.update(id, before, { $set: { deliverAt, attempts } });
  }

  async settle({ id, attempts }: QueuedEvent, delivery: 'delivered' | 'dead'): Promise<void> {
    await this.update(id, attempts, { $set: { delivery }, $unset: { deliverAt: 1, attempts: 1 } });
  }

  async prune(before: string, limit: number): Promise<number> {
    const oldest = await boundedMongoOperation((signal) =>
      this.model
        .find({ position: { $lt: before } }, { _id: 1 }, majorityRead(signal))
        .sort({ position: 1 })
        .limit(limit)
        .lean<{ _id: string }[]>()
        .exec(),
    );
    if (oldest.length === 0) return 0;
    const { deletedCount } = await boundedMongoOperation((signal) =>
      this.model.deleteMany({ _id: { $in: oldest.map(({ _id }) => _id) } }, durableWrite(signal)),
    );
    return deletedCount;
  }

  private async queued(filter: object, limit: number): Promise<readonly QueuedEvent[]> {
    const found = await boundedMongoOperation((signal) =>
      this.model
        .find(filter, QUEUED, majorityRead(signal))
        .sort({ deliverAt: 1 })
        .limit(limit)
        .lean<Stored<QueuedEvent>[]>()
        .exec(),
    );
    return found.map(withId);
  }

  private async update(id: string, attempts: number, change: object): Promise<void> {
    await boundedMongoOperation((signal) =>
      this.model.updateOne({ _id: id, attempts }, change, durableWrite(signal)),
    );
  }
}

function withId<T extends { readonly _id: string }>({ _id, ...fields }: T): Omit<T, '_id'> & { id: string } {
  return { ...fields, id: _id };
}
