import { setImmediate } from 'node:timers/promises';
import { type Model, mongo } from 'mongoose';
import {
  dayOf,
  daysAfter,
  type HourlyUse,
  type KeyUsage,
  type UsageSpan,
  type UsageTally,
} from '../../domain/usage';
import {
  boundedMongoOperation,
  durableWrite,
  isDuplicateKey,
  majorityRead,
} from '../../../mongo/mongo-operation';
import { StorageUnavailableError } from '../../../problems/storage.errors';
import { UsageNotWrittenError, type UsageRepository } from '../../ports/usage.repository';
import type { UsageDocument } from './usage.schema';

/**
 * The timeout of a write. It is longer than the timeout of other operations, because a write may change many documents and no
 * request waits for it.
 */
const WRITE_TIMEOUT_MS = 10_000;

/** The number of operations that are encoded before a pause. */
const SLICE = 200;

const HOUR_MS = 3_600_000;

/** The id of the document that a probe reads. No document has it. */
const NO_DOCUMENT = '#probe';

type StoredUsage = Pick<UsageDocument, '_id' | 'lastUsedAt' | 'day' | 'hours'>;
type Operation = mongo.AnyBulkWriteOperation<UsageDocument>;

/** Keeps usage in MongoDB: one document per key, and one per key and day. One bulk write stores all counts. */
export class MongoUsageRepository implements UsageRepository {
  readonly durability = 'durable';

  /** @param writeTimeoutMs how long a write may take before its outcome counts as unknown */
  constructor(
    private readonly model: Model<UsageDocument>,
    private readonly writeTimeoutMs = WRITE_TIMEOUT_MS,
  ) {}

  async prepare(): Promise<void> {
    await this.model.createCollection();
    await this.model.createIndexes();
  }

  async add(tallies: readonly UsageTally[]): Promise<void> {
    const operations = operationsFor(tallies);
    if (operations.length === 0) return;
    try {
      await this.write(operations);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // Two instances created the same document at once, and the server leaves the retry to the client.
      await this.write(refusedAmong(operations, error)).catch((reason: unknown) => {
        // Some operations are already written, so the caller must not add all of them again.
        throw reason instanceof UsageNotWrittenError || isDuplicateKey(reason)
          ? new StorageUnavailableError(reason)
          : reason;
      });
    }
  }

  async probe(): Promise<void> {
    await this.read([NO_DOCUMENT]);
  }

  async usageOf(keyId: string, span: UsageSpan): Promise<KeyUsage> {
    const found = await this.read([keyId, ...daysIn(span).map((day) => dayId(keyId, day))]);
    const last = found.find(({ lastUsedAt }) => lastUsedAt !== undefined)?.lastUsedAt;
    return {
      hours: found
        .flatMap(hoursOf)
        .filter(({ hour }) => hour >= span.from && hour < span.to)
        .toSorted((one, other) => one.hour.getTime() - other.hour.getTime()),
      ...(last !== undefined && { lastUsedAt: last }),
    };
  }

  async lastUsed(keyIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const found = keyIds.length === 0 ? [] : await this.read(keyIds);
    return new Map(
      found.flatMap(({ _id, lastUsedAt }) => (lastUsedAt === undefined ? [] : [[_id, lastUsedAt] as const])),
    );
  }

  async prune(before: Date): Promise<void> {
    await boundedMongoOperation(
      (signal) => this.model.deleteMany({ day: { $lte: daysAfter(before, -1) } }, durableWrite(signal)),
      this.writeTimeoutMs,
    );
  }

  /**
   * Writes all operations as one bulk with the driver, because Mongoose would cast each of thousands of operations. An
   * error of the driver does not show whether an earlier attempt was sent. The events of its connections do.
   */
  private async write(operations: readonly Operation[]): Promise<void> {
    const client = this.model.db.getClient();
    let mayBeSent = false;
    const noteConnection = (): void => void (mayBeSent = true);
    const bulk = await this.bulkOf(operations);
    client.on('connectionCheckedOut', noteConnection);
    try {
      await boundedMongoOperation(async (signal) => bulk.execute(durableWrite(signal)), this.writeTimeoutMs);
    } catch (error) {
      throw mayBeSent ? error : new UsageNotWrittenError(error);
    } finally {
      client.off('connectionCheckedOut', noteConnection);
    }
  }

  /**
   * Adds operations in slices, with pauses for requests. The driver encodes each operation when it is added, so adding all
   * of them together would block requests.
   */
  private async bulkOf(operations: readonly Operation[]): Promise<mongo.UnorderedBulkOperation> {
    try {
      const { db } = this.model.db;
      if (db === undefined) throw new Error('not connected');
      const bulk = db.collection(this.model.collection.name).initializeUnorderedBulkOp();
      for (const [index, operation] of operations.entries()) {
        bulk.raw(operation as mongo.AnyBulkWriteOperation);
        if (index % SLICE === SLICE - 1) await setImmediate();
      }
      return bulk;
    } catch (error) {
      throw new UsageNotWrittenError(error);
    }
  }

  private async read(ids: readonly string[]): Promise<readonly StoredUsage[]> {
    return boundedMongoOperation((signal) =>
      this.model
        .find({ _id: { $in: [...ids] } }, undefined, majorityRead(signal))
        .lean<StoredUsage[]>()
        .exec(),
    );
  }
}

function operationsFor(tallies: readonly UsageTally[]): readonly Operation[] {
  const days = new Map<string, { readonly day: Date; readonly counts: Record<string, number> }>();
  const last = new Map<string, Date>();
  for (const { keyId, hour, count, lastUsedAt } of tallies) {
    const known = last.get(keyId);
    if (known === undefined || known < lastUsedAt) last.set(keyId, lastUsedAt);
    if (count === 0) continue;
    const day = dayOf(hour);
    const id = dayId(keyId, day);
    const counts = days.get(id)?.counts ?? {};
    const field = `hours.${hour.getUTCHours()}`;
    counts[field] = (counts[field] ?? 0) + count;
    days.set(id, { day, counts });
  }
  return [
    ...Array.from(days, ([id, { day, counts }]) => upsert({ _id: id, day }, { $inc: counts })),
    ...Array.from(last, ([id, lastUsedAt]) =>
      upsert({ _id: id, day: { $exists: false } }, { $max: { lastUsedAt } }),
    ),
  ];
}

/**
 * Returns an upsert with `day` in its filter. Upserts by `_id` alone are not atomic on every server: if two instances
 * insert the same document, one count would be lost. With `day`, the second insert is rejected as a duplicate and
 * retried.
 */
function upsert(
  filter: { readonly _id: string; readonly day: Date | { readonly $exists: false } },
  update: mongo.UpdateFilter<UsageDocument>,
): Operation {
  return { updateOne: { filter, update, upsert: true } };
}

/** Returns the operations that the server rejected. The others were executed. */
function refusedAmong(operations: readonly Operation[], error: unknown): readonly Operation[] {
  if (!(error instanceof mongo.MongoBulkWriteError)) return [];
  const refused = new Set([error.writeErrors].flat().map(({ index }) => index));
  return operations.filter((_operation, index) => refused.has(index));
}

function dayId(keyId: string, day: Date): string {
  return `${keyId}:${day.toISOString().slice(0, 10)}`;
}

function daysIn({ from, to }: UsageSpan): readonly Date[] {
  const first = dayOf(from);
  const count = Math.ceil((to.getTime() - first.getTime()) / (24 * HOUR_MS));
  return Array.from({ length: count }, (_, index) => daysAfter(first, index));
}

function hoursOf({ day, hours = {} }: StoredUsage): readonly HourlyUse[] {
  if (day === undefined) return [];
  return Object.entries(hours).map(([hour, count]) => ({
    hour: new Date(day.getTime() + Number(hour) * HOUR_MS),
    count,
  }));
}
