import type { Model } from 'mongoose';
import { newestChangeId } from '../../api-keys/domain/history';
import type { PolicyEvent } from '../../api-keys/domain/key-event';
import type { PolicyId } from '../../api-keys/domain/policy-state';
import { MongoOutbox } from '../../api-keys/storage/mongo-outbox';
import type { ReadOptions } from '../../change-feed/change-feed';
import type { MongoChangeFeed } from '../../change-feed/mongo-change-feed';
import {
  boundedMongoOperation,
  decidingRead,
  durableWrite,
  isDuplicateKey,
  majorityRead,
  MONGO_OPERATION_TIMEOUT_MS,
} from '../../mongo/mongo-operation';
import { knownParts, withId } from '../../mongo/with-id';
import { type Policy, policyEventId, policyEventOf, type PolicyWithHistory } from '../domain/policy';
import { type PolicyDocument, PolicySchema } from './policy.schema';
import type { PolicyRepository } from './policy.repository';

/** Fields that only the change feed and the outbox read. */
const INTERNALS = { changedAt: 0, pending: 0, pendingAt: 0 } as const;

const WITHOUT_HISTORY = { history: 0, historyDropped: 0, ...INTERNALS } as const;

/** All optional fields of a record. A change unsets those that its record lacks. */
const OPTIONAL_FIELDS = ['reason', 'allowedScopes', 'maxKeys', 'maxTtlDays', 'deletedAt'] as const;

type Stored<T> = { readonly _id: PolicyId } & Omit<T, 'id'>;

/** Keeps policies in MongoDB: one document per policy, one atomic write per change. */
export class MongoPolicyRepository implements PolicyRepository {
  readonly durability = 'durable';
  readonly outbox: MongoOutbox<PolicyEvent>;

  /** @param changes the change feed; without it, callers must not cache policies */
  constructor(
    private readonly model: Model<PolicyDocument>,
    readonly changes?: MongoChangeFeed,
  ) {
    this.outbox = new MongoOutbox<PolicyEvent>(model, (id, event) => {
      const policyId = id as PolicyId;
      return { ...event, id: policyEventId(policyId, event.version), keyId: id, policyId };
    });
  }

  async prepare(): Promise<void> {
    await this.changes?.prepare();
    await this.model.createCollection();
    await this.model.createIndexes();
  }

  async find(
    id: PolicyId,
    { linearizable = false, timeoutMs = Infinity }: ReadOptions = {},
  ): Promise<Policy | null> {
    const isLinearizable = (await this.changes?.needsLinearizable(linearizable)) === true;
    const found = await boundedMongoOperation(
      (signal) =>
        this.model
          .findById(id, WITHOUT_HISTORY, decidingRead(signal, isLinearizable))
          .lean<Stored<Policy>>()
          .exec(),
      Math.min(timeoutMs, MONGO_OPERATION_TIMEOUT_MS),
    );
    return found && { ...withId(found), id };
  }

  async findWithHistory(id: PolicyId): Promise<PolicyWithHistory | null> {
    const found = await boundedMongoOperation((signal) =>
      this.model.findById(id, INTERNALS, majorityRead(signal)).lean<Stored<PolicyWithHistory>>().exec(),
    );
    return found && { ...withId(found), id };
  }

  async save(policy: PolicyWithHistory): Promise<boolean> {
    const { id, ...fields } = policy;
    const { id: _id, keyId: _keyId, policyId: _policyId, ...pending } = policyEventOf(policy);
    const isNew = policy.version === 1;
    try {
      const { matchedCount, upsertedCount } = await boundedMongoOperation((signal) =>
        this.model.updateOne(
          { _id: id, version: isNew ? { $exists: false } : policy.version - 1 },
          {
            $set: knownParts(PolicySchema, fields),
            $unset: Object.fromEntries(
              OPTIONAL_FIELDS.filter((name) => policy[name] === undefined).map((name) => [name, 1]),
            ),
            $push: { pending },
            $min: { pendingAt: pending.at },
            $currentDate: { changedAt: true },
          },
          { ...durableWrite(signal), upsert: isNew },
        ),
      );
      return matchedCount + upsertedCount === 1 || (await this.stands(policy));
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return await this.stands(policy);
    } finally {
      // Also if the outcome is unknown, because the change may be stored.
      this.changes?.changed(id);
    }
  }

  /** Returns whether the newest change is already stored. The driver may have repeated a successful write. */
  private async stands(policy: PolicyWithHistory): Promise<boolean> {
    const changeId = newestChangeId(policy);
    const found = await boundedMongoOperation((signal) =>
      this.model
        .findOne({ _id: policy.id, 'history.changeId': changeId }, { _id: 1 }, majorityRead(signal))
        .lean()
        .exec(),
    );
    return found !== null;
  }
}
