import type { Model } from 'mongoose';
import type { ApiKey, ApiKeyWithHistory } from '../domain/api-key';
import { newestChangeId } from '../domain/history';
import {
  type ApiKeyQuery,
  type ApiKeyRepository,
  KeyIdTakenError,
  type KeyOutline,
} from './api-key.repository';
import { type ApiKeyDocument, ApiKeySchema } from './api-key.schema';
import { knownParts, withId } from '../../mongo/with-id';
import type { MongoChangeFeed } from '../../change-feed/mongo-change-feed';
import { insertDocument } from '../../mongo/mongo-insert';
import {
  boundedMongoOperation,
  decidingRead,
  durableWrite,
  isDuplicateKey,
  majorityRead,
  MONGO_OPERATION_TIMEOUT_MS,
} from '../../mongo/mongo-operation';
import type { ReadOptions } from '../../change-feed/change-feed';
import { MongoKeyOutbox, withPending } from './mongo-outbox';
import {
  imposedIn,
  type StoredImposed,
  type WithStoredLimits,
  withLimits,
  withStoredLimits,
} from './stored-limits';
import { MongoKeySlots } from './mongo-slots';

/** Fields that only the change feed and the outbox read. */
const INTERNALS = { changedAt: 0, pending: 0, pendingAt: 0 } as const;

const WITHOUT_HISTORY = { history: 0, historyDropped: 0, imposed: 0, ...INTERNALS } as const;

const OUTLINE: Readonly<Record<Exclude<keyof KeyOutline, 'id'>, 1>> = {
  ownerId: 1,
  orgId: 1,
  projectId: 1,
  externalId: 1,
  enabled: 1,
  expiresAt: 1,
  revokedAt: 1,
};

/** Key ids begin with a digit or a letter. The change feed's own documents have ids that sort before them. */
const FIRST_KEY_ID = '0';

interface KeyFilter {
  readonly ownerId?: string;
  readonly orgId?: string;
  readonly projectId?: string;
  readonly externalId?: string;
  readonly _id: { readonly $gte: string; readonly $lt?: string } | { readonly $in: string[] };
}

type StoredKeyWithoutHistory = { readonly _id: string } & Omit<WithStoredLimits<ApiKey>, 'id'>;

type StoredKey = StoredKeyWithoutHistory &
  Pick<ApiKeyWithHistory, 'history' | 'historyDropped'> & { readonly imposed?: StoredImposed };

type Changeable = Omit<WithStoredLimits<ApiKeyWithHistory>, 'id' | 'createdAt' | 'createdBy' | 'imposed'> & {
  readonly imposed?: StoredImposed | undefined;
};

type OptionalField<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];

/** All optional fields of a record. A change unsets those that its record lacks. */
const OPTIONAL_FIELDS: Readonly<Record<OptionalField<Changeable>, 1>> = {
  description: 1,
  ownerId: 1,
  orgId: 1,
  projectId: 1,
  externalId: 1,
  prefix: 1,
  rateLimit: 1,
  rateLimits: 1,
  expiresAt: 1,
  revokedAt: 1,
  revokedBy: 1,
  revokedReason: 1,
  imposed: 1,
};

/** Keeps keys in MongoDB: one document per key, one atomic write per change. */
export class MongoApiKeyRepository implements ApiKeyRepository {
  readonly durability = 'durable';
  readonly outbox: MongoKeyOutbox;
  readonly slots: MongoKeySlots;

  /** @param changes the change feed; without it, results must not be cached */
  constructor(
    private readonly model: Model<ApiKeyDocument>,
    readonly changes?: MongoChangeFeed,
  ) {
    this.outbox = new MongoKeyOutbox(model);
    this.slots = new MongoKeySlots(model);
  }

  async prepare(): Promise<void> {
    await this.changes?.prepare();
    await this.model.createCollection();
    await this.model.createIndexes();
    await this.slots.prepare();
  }

  async insert(key: ApiKeyWithHistory): Promise<void> {
    const { id, ...fields } = storedForm(key);
    try {
      const { pending, pendingAt } = withPending(key);
      await insertDocument(this.model, id, { ...present(fields), pending: [pending], pendingAt });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      if (!(await this.stands(key))) throw new KeyIdTakenError(id);
    } finally {
      this.changes?.changed(id);
    }
  }

  async find(
    id: string,
    { linearizable = false, timeoutMs = Infinity }: ReadOptions = {},
  ): Promise<ApiKey | null> {
    const isLinearizable = (await this.changes?.needsLinearizable(linearizable)) === true;
    const found = await boundedMongoOperation(
      (signal) =>
        this.model
          .findById(id, WITHOUT_HISTORY, decidingRead(signal, isLinearizable))
          .lean<StoredKeyWithoutHistory>()
          .exec(),
      Math.min(timeoutMs, MONGO_OPERATION_TIMEOUT_MS),
    );
    return found && withLimits(withId(found));
  }

  async findWithHistory(id: string): Promise<ApiKeyWithHistory | null> {
    const found = await boundedMongoOperation((signal) =>
      this.model.findById(id, INTERNALS, majorityRead(signal)).lean<StoredKey>().exec(),
    );
    if (found === null) return null;
    const { imposed, ...fields } = withLimits(withId(found));
    return imposed === undefined ? fields : { ...fields, imposed: imposedIn(imposed) };
  }

  async replace(key: ApiKeyWithHistory): Promise<boolean> {
    const { id, createdAt: _createdAt, createdBy: _createdBy, ...fields } = storedForm(key);
    const { pending, pendingAt } = withPending(key);
    try {
      const { matchedCount } = await boundedMongoOperation((signal) =>
        this.model.updateOne(
          { _id: id, version: key.version - 1 },
          {
            $set: present(fields),
            $unset: absent(fields),
            $push: { pending },
            $min: { pendingAt },
            $currentDate: { changedAt: true },
          },
          durableWrite(signal),
        ),
      );
      return matchedCount === 1 || (await this.stands(key));
    } finally {
      // Also if the outcome is unknown, because the change may be stored.
      this.changes?.changed(id);
    }
  }

  async announceAgain(id: string): Promise<void> {
    try {
      await boundedMongoOperation((signal) =>
        this.model.updateOne({ _id: id }, { $currentDate: { changedAt: true } }, durableWrite(signal)),
      );
    } finally {
      this.changes?.changed(id);
    }
  }

  async list(query: ApiKeyQuery): Promise<readonly ApiKey[]> {
    const found = await this.newestFirst<WithStoredLimits<ApiKey>>(
      filterOf(query),
      WITHOUT_HISTORY,
      query.limit,
    );
    return found.map(withLimits);
  }

  async listOutlines(query: ApiKeyQuery): Promise<readonly KeyOutline[]> {
    return this.newestFirst<KeyOutline>(filterOf(query), OUTLINE, query.limit);
  }

  async findMany(ids: readonly string[]): Promise<readonly ApiKey[]> {
    const filter = { _id: { $in: [...ids] } };
    const found = await this.newestFirst<WithStoredLimits<ApiKey>>(filter, WITHOUT_HISTORY, ids.length);
    return found.map(withLimits);
  }

  private async newestFirst<T extends { readonly id: string }>(
    filter: KeyFilter,
    projection: Readonly<Record<string, 0 | 1>>,
    limit: number,
  ): Promise<readonly T[]> {
    // MongoDB treats a limit of 0 as no limit.
    if (limit === 0) return [];
    const found = await boundedMongoOperation((signal) =>
      this.model
        .find(filter, projection, majorityRead(signal))
        .sort({ _id: -1 })
        .limit(limit)
        .lean<({ readonly _id: string } & Omit<T, 'id'>)[]>()
        .exec(),
    );
    return found.map((each) => withId(each) as unknown as T);
  }

  /**
   * Returns whether the newest change of this record is already stored. The driver may have repeated a successful
   * write.
   */
  private async stands(key: ApiKeyWithHistory): Promise<boolean> {
    const changeId = newestChangeId(key);
    const found = await boundedMongoOperation((signal) =>
      this.model
        .findOne({ _id: key.id, 'history.changeId': changeId }, { _id: 1 }, majorityRead(signal))
        .lean()
        .exec(),
    );
    return found !== null;
  }
}

function filterOf({ ownerId, orgId, projectId, externalId, before }: ApiKeyQuery): KeyFilter {
  return {
    ...(ownerId !== undefined && { ownerId }),
    ...(orgId !== undefined && { orgId }),
    ...(projectId !== undefined && { projectId }),
    ...(externalId !== undefined && { externalId }),
    _id: { $gte: FIRST_KEY_ID, ...(before !== undefined && { $lt: before }) },
  };
}

function storedForm({
  imposed,
  ...key
}: ApiKeyWithHistory): { readonly id: string } & Changeable & Pick<ApiKey, 'createdAt' | 'createdBy'> {
  return { ...withStoredLimits(key), imposed: imposed && withStoredLimits(imposed) };
}

/** Returns the fields of a record that have a value, in the form that the driver stores. */
function present({ metadata, ...fields }: Changeable): Record<string, unknown> {
  // The driver would read a metadata object with an entry `_bsontype` as one of its own values.
  return { ...knownParts(ApiKeySchema, fields), metadata: new Map(Object.entries(metadata)) };
}

function absent(fields: Changeable): Record<string, 1> {
  return Object.fromEntries(
    Object.entries(OPTIONAL_FIELDS).filter(([name]) => Reflect.get(fields, name) === undefined),
  );
}
