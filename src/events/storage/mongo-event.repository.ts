import type { Model } from 'mongoose';
import { type AuditEvent, positionOf } from '../../api-keys/domain/key-event';
import type {
  EventQuery,
  EventRepository,
  QueuedEvent,
  RecordedEvent,
} from '../../api-keys/ports/event.repository';
import { type EventDocument, EventSchema } from './event.schema';
import { knownParts, withId } from '../../mongo/with-id';
import {
  boundedMongoOperation,
  durableWrite,
  isDuplicateKey,
  majorityRead,
} from '../../mongo/mongo-operation';
import type { MongoLeaseRepository } from './mongo-lease.repository';

const RECORDED = { position: 0, deliverAt: 0, attempts: 0 } as const;
const QUEUED = { position: 0, delivery: 0 } as const;
const BY_VERSION = { version: 1, position: 1 } as const;

type Stored<T extends AuditEvent> = { readonly _id: string } & Omit<T, 'id'>;

/** Stores events in MongoDB, one document per event with its delivery state. */
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

  async add({ id, ...event }: AuditEvent, deliverAt?: Date): Promise<boolean> {
    const fields = {
      ...knownParts(EventSchema, event),
      position: positionOf({ id, at: event.at }),
      ...(deliverAt === undefined ? { delivery: 'none' } : { delivery: 'pending', deliverAt, attempts: 0 }),
    };
    try {
      const { upsertedCount } = await boundedMongoOperation((signal) =>
        this.model.updateOne(
          // Matches no document, so the upsert inserts or fails. An upsert by `_id` alone is not atomic on every
          // server, so two instances could both report an insert.
          { _id: id, position: { $exists: false } },
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
    return this.queued({ deliverAt: { $lte: now } }, { deliverAt: 1 }, limit);
  }

  async dueOrganisations(
    now: Date,
    after: string | null | undefined,
    limit: number,
  ): Promise<readonly (string | null)[]> {
    const found: (string | null)[] = [];
    if (after === undefined && (await this.firstDue({ orgId: null }, 'keyId', now)) !== undefined) {
      found.push(null);
    }
    const named = await this.eachDue({}, 'orgId', now, after ?? '', limit - found.length);
    return [...found, ...named];
  }

  async dueKeys(
    orgId: string | null,
    now: Date,
    after: string | undefined,
    limit: number,
  ): Promise<readonly string[]> {
    return this.eachDue({ orgId }, 'keyId', now, after ?? '', limit);
  }

  async dueOf(keyId: string, now: Date, limit: number): Promise<readonly QueuedEvent[]> {
    return this.queued({ keyId, deliverAt: { $lte: now } }, BY_VERSION, limit);
  }

  async holderOf(keyId: string, now: Date, attempts: number): Promise<QueuedEvent | undefined> {
    const later = { keyId, deliverAt: { $gt: now }, attempts: { $lt: attempts } };
    const [first] = await this.queued(later, BY_VERSION, 1);
    return first;
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

  private async queued(
    filter: object,
    sort: Readonly<Record<string, 1>>,
    limit: number,
  ): Promise<readonly QueuedEvent[]> {
    const found = await boundedMongoOperation((signal) =>
      this.model
        .find(filter, QUEUED, { ...majorityRead(signal), sort })
        .limit(limit)
        .lean<Stored<QueuedEvent>[]>()
        .exec(),
    );
    return found.map(withId);
  }

  /** Returns the distinct values of a field of due events that sort after `after`, in order. */
  private async eachDue(
    filter: object,
    field: 'orgId' | 'keyId',
    now: Date,
    after: string,
    limit: number,
  ): Promise<readonly string[]> {
    const found: string[] = [];
    while (found.length < limit) {
      const next = await this.firstDue({ ...filter, [field]: { $gt: found.at(-1) ?? after } }, field, now);
      if (next === undefined) break;
      found.push(next);
    }
    return found;
  }

  /**
   * Returns the smallest value of a field of due events. One index lookup finds it, so the length of the queue does not
   * matter.
   */
  private async firstDue(filter: object, field: 'orgId' | 'keyId', now: Date): Promise<string | undefined> {
    const [first] = await boundedMongoOperation((signal) =>
      this.model
        .find({ ...filter, deliverAt: { $lte: now } }, { _id: 0, [field]: 1 }, majorityRead(signal))
        .sort({ [field]: 1 })
        .limit(1)
        .lean<Partial<Record<'orgId' | 'keyId', string>>[]>()
        .exec(),
    );
    return first?.[field];
  }

  private async update(id: string, attempts: number, change: object): Promise<void> {
    await boundedMongoOperation((signal) =>
      this.model.updateOne({ _id: id, attempts }, change, durableWrite(signal)),
    );
  }
}
