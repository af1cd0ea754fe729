import { setImmediate } from 'node:timers/promises';
import { type Model, mongo } from 'mongoose';
import {
  dayOf,
  daysAfter,
  type HourlyOutcomes,
  type KeyUsage,
  type OutcomeCount,
  sumOf,
  USAGE_OUTCOMES,
  type UsageSpan,
  type UsageSubject,
  type UsageTally,
  useOf,
} from '../../domain/usage';
import {
  boundedMongoOperation,
  durableWrite,
  isDuplicateKey,
  majorityRead,
} from '../../../mongo/mongo-operation';
import { StorageUnavailableError } from '../../../problems/storage.errors';
import {
  type UsageGroup,
  type UsageGroupQuery,
  type UsageGroups,
  UsageNotWrittenError,
  type UsageRepository,
} from '../../ports/usage.repository';
import { nameIn, seriesOf, sumsOf } from './usage-series';
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

/** The maximum number of documents that are examined for one page of groups. No group has more days than this. */
const MAX_EXAMINED = 4000;

type StoredUsage = Pick<
  UsageDocument,
  '_id' | 'lastUsedAt' | 'lastUse' | 'day' | 'hours' | 'refused' | 'costs'
>;
type Operation = mongo.AnyBulkWriteOperation<UsageDocument>;

/**
 * Keeps usage in MongoDB: one document per key, and one per day and key, organisation or owner. One bulk write stores all
 * counts. See decision record 0090.
 */
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
    const found = await this.read([keyId, ...idsOf(keyId, span)]);
    const { lastUsedAt, lastUse } = found.find(({ day }) => day === undefined) ?? {};
    const lastAddress = addressIn(lastUse, lastUsedAt);
    return {
      hours: hoursWithin(found, span).map(useOf),
      ...(lastUsedAt !== undefined && { lastUsedAt }),
      ...(lastAddress !== undefined && { lastAddress }),
    };
  }

  async hoursOf(
    subjects: readonly UsageSubject[],
    span: UsageSpan,
  ): Promise<readonly (readonly HourlyOutcomes[])[]> {
    const ids = subjects.map((subject) => idsOf(seriesOf(subject), span));
    const found = new Map((await this.read(ids.flat())).map((stored) => [stored._id, stored]));
    return ids.map((own) =>
      hoursWithin(
        own.flatMap((id) => found.get(id) ?? []),
        span,
      ),
    );
  }

  async groups(query: UsageGroupQuery): Promise<UsageGroups> {
    const { span, limit } = query;
    const found = await boundedMongoOperation((signal) =>
      this.model
        .find(groupFilter(query), undefined, majorityRead(signal))
        .sort({ _id: 1 })
        .limit(MAX_EXAMINED)
        .lean<StoredUsage[]>()
        .exec(),
    );
    // The last group may have further documents, and is then read again for the next page.
    const last = found.length < MAX_EXAMINED ? undefined : partOf(query, found.at(-1)?._id ?? '');
    const groups: UsageGroup[] = [];
    let next: string | undefined;
    for (const [part, documents] of byPart(query, found)) {
      if (part === last || groups.length === limit) return { groups, next };
      const outcomes = sumOf(hoursWithin(documents, span).flatMap((hour) => hour.outcomes));
      if (outcomes.length > 0) groups.push({ name: nameIn(part), outcomes });
      next = part;
    }
    return { groups };
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
  const days = new Map<string, DayCounts>();
  const last = new Map<string, { readonly lastUsedAt: Date; readonly lastUse: string }>();
  for (const tally of tallies) {
    const { keyId, ownerId, hour, outcomes, lastUsedAt, lastAddress = '' } = tally;
    const known = last.get(keyId);
    if (lastUsedAt !== undefined && (known === undefined || known.lastUsedAt < lastUsedAt))
      last.set(keyId, { lastUsedAt, lastUse: `${lastUsedAt.toISOString()} ${lastAddress}` });
    if (outcomes.length === 0) continue;
    const day = dayOf(hour);
    for (const series of [keyId, ...sumsOf(tally)]) {
      const id = dayId(series, day);
      const of = days.get(id) ?? { day, counts: {}, ...(series.startsWith('pair/') && { ownerId }) };
      for (const outcome of outcomes) count(of.counts, hour.getUTCHours(), outcome);
      days.set(id, of);
    }
  }
  return [
    ...Array.from(days, ([_id, { day, counts, ownerId }]) =>
      upsert({ _id, day }, { $inc: counts, ...(ownerId !== undefined && { $setOnInsert: { ownerId } }) }),
    ),
    ...Array.from(last, ([_id, use]) => upsert({ _id, day: { $exists: false } }, { $max: use })),
  ];
}

interface DayCounts {
  readonly day: Date;
  readonly counts: Record<string, number>;
  readonly ownerId?: string | undefined;
}

/** Adds a count to the fields that an update increments. Former versions count accepted requests in the same field. */
function count(
  fields: Record<string, number>,
  hour: number,
  { outcome, count: n, cost }: OutcomeCount,
): void {
  const field = outcome === 'VALID' ? `hours.${hour}` : `refused.${hour}.${outcome}`;
  fields[field] = (fields[field] ?? 0) + n;
  if (cost === n) return;
  const extra = `costs.${hour}.${outcome}`;
  fields[extra] = (fields[extra] ?? 0) + cost - n;
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

function dayId(series: string, day: Date): string {
  return `${series}${series.includes('/') || series === 'all' ? '/' : ':'}${day.toISOString().slice(0, 10)}`;
}

/** Returns the ids of the documents of all days in a span. */
function idsOf(series: string, { from, to }: UsageSpan): readonly string[] {
  const first = dayOf(from);
  const days = Math.ceil((to.getTime() - first.getTime()) / (24 * HOUR_MS));
  return Array.from({ length: days }, (_, index) => dayId(series, daysAfter(first, index)));
}

/** Selects the documents of groups, in the order of their ids, which is the order of the groups. */
function groupFilter({ by, orgId, ownerId, after }: UsageGroupQuery): {
  readonly ownerId?: string;
  readonly _id: { readonly $gt: string; readonly $lt: string };
} {
  const kind = ownerId === undefined ? by : 'pair';
  const prefix = orgId === undefined ? `${kind}/` : seriesOf({ orgId, ownerId: '' });
  return {
    ...(ownerId !== undefined && { ownerId }),
    // "0" is the character after "/", so it ends the ids that continue with "/".
    _id: {
      $gt: after === undefined ? prefix : `${prefix}${after}0`,
      $lt: `${prefix.slice(0, -1)}0`,
    },
  };
}

function byPart(
  query: UsageGroupQuery,
  found: readonly StoredUsage[],
): ReadonlyMap<string, readonly StoredUsage[]> {
  const parts = new Map<string, StoredUsage[]>();
  for (const stored of found) {
    const part = partOf(query, stored._id);
    const known = parts.get(part);
    if (known === undefined) parts.set(part, [stored]);
    else known.push(stored);
  }
  return parts;
}

/** Returns the part of a document's id that names its group. */
function partOf({ orgId }: UsageGroupQuery, id: string): string {
  return id.split('/')[orgId === undefined ? 1 : 2] ?? '';
}

/** Returns the stored hours in a span, oldest first. */
function hoursWithin(found: readonly StoredUsage[], { from, to }: UsageSpan): readonly HourlyOutcomes[] {
  return found
    .flatMap(hoursIn)
    .filter(({ hour }) => hour >= from && hour < to)
    .toSorted((one, other) => one.hour.getTime() - other.hour.getTime());
}

function hoursIn({ day, hours = {}, refused = {}, costs = {} }: StoredUsage): readonly HourlyOutcomes[] {
  if (day === undefined) return [];
  return [...new Set([...Object.keys(hours), ...Object.keys(refused)])].map((hour) => ({
    hour: new Date(day.getTime() + Number(hour) * HOUR_MS),
    outcomes: USAGE_OUTCOMES.flatMap((outcome) => {
      const n = outcome === 'VALID' ? hours[hour] : refused[hour]?.[outcome];
      return n === undefined ? [] : [{ outcome, count: n, cost: n + (costs[hour]?.[outcome] ?? 0) }];
    }),
  }));
}

/**
 * Returns the address of the last use. Its text begins with the time, so that one `$max` moves both forward together. A
 * former version moves only `lastUsedAt`; the address is then out of date.
 */
function addressIn(lastUse: string | undefined, lastUsedAt: Date | undefined): string | undefined {
  const [time, address] = (lastUse ?? '').split(' ');
  return address !== '' && time === lastUsedAt?.toISOString() ? address : undefined;
}
