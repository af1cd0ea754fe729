import type { Model } from 'mongoose';
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
import { presentFields, withId } from '../../mongo/with-id';
import type { ReadOptions } from '../../change-feed/change-feed';
import { DELETED_ISSUER, type User, type UserProfile, type UserStatus } from '../domain/user';
import {
  SubjectTakenError,
  type UserQuery,
  type UserRepository,
  UsernameTakenError,
} from './user.repository';
import type { UserDocument } from './user.schema';

/** The first possible id of a user. The change feed keeps documents in this collection whose ids sort before it. */
const FIRST_USER_ID = '0';

/** Fields that this version does not read. Former versions keep the slots of keys in `keySlots`. */
const INTERNALS = { changedAt: 0, keySlots: 0 } as const;

type StoredUser = { readonly _id: string } & Omit<User, 'id'>;

/** Keeps users in MongoDB: one document per user, one atomic write per change. */
export class MongoUserRepository implements UserRepository {
  readonly durability = 'durable';

  /** @param changes the change feed; without it, callers must not cache users */
  constructor(
    private readonly model: Model<UserDocument>,
    readonly changes?: MongoChangeFeed,
  ) {}

  async prepare(): Promise<void> {
    await this.changes?.prepare();
    await this.model.createCollection();
    await this.model.createIndexes();
  }

  async insert(user: User): Promise<void> {
    const { id, ...fields } = user;
    try {
      await insertDocument(this.model, id, { ...fields, keySlots: [] });
    } catch (error) {
      throw isDuplicateKey(error) ? new SubjectTakenError() : error;
    } finally {
      this.changes?.changed(id);
    }
  }

  async find(id: string, options?: ReadOptions): Promise<User | null> {
    return this.findOne({ _id: id }, options);
  }

  async findBySubject(issuer: string, subject: string, options?: ReadOptions): Promise<User | null> {
    return this.findOne({ issuer, subject }, options);
  }

  async refresh(
    { id, issuer, subject }: Pick<User, 'id' | 'issuer' | 'subject'>,
    { email, emailVerified, name, picture }: UserProfile,
    now: Date,
  ): Promise<void> {
    const fields = { email, name, picture };
    await boundedMongoOperation((signal) =>
      this.model.updateOne(
        { _id: id, issuer, subject },
        {
          $set: { ...presentFields(fields), emailVerified },
          $unset: absent(fields),
          $max: { lastLoginAt: now },
        },
        durableWrite(signal),
      ),
    );
  }

  async change(
    id: string,
    version: number,
    { status, username }: { readonly status?: UserStatus; readonly username?: string | null },
  ): Promise<User | null> {
    try {
      const { matchedCount } = await boundedMongoOperation((signal) =>
        this.model.updateOne(
          { _id: id, version },
          {
            $set: { ...(status && { status }), ...(username && { username }), version: version + 1 },
            ...(username === null && { $unset: { username: 1 } }),
            ...(status && { $currentDate: { changedAt: true } }),
          },
          durableWrite(signal),
        ),
      );
      return matchedCount === 1 ? await this.find(id) : null;
    } catch (error) {
      throw isDuplicateKey(error) ? new UsernameTakenError() : error;
    } finally {
      this.changes?.changed(id);
    }
  }

  async remove(id: string, ifVersion?: readonly number[]): Promise<boolean> {
    const { matchedCount } = await boundedMongoOperation((signal) =>
      this.model.updateOne(
        { _id: id, status: { $ne: 'deleted' }, ...(ifVersion && { version: { $in: [...ifVersion] } }) },
        {
          $set: {
            status: 'deleted',
            issuer: DELETED_ISSUER,
            subject: id,
            emailVerified: false,
            removalPending: true,
            keySlots: [],
          },
          $unset: { email: 1, name: 1, picture: 1, username: 1 },
          $inc: { version: 1 },
          $currentDate: { changedAt: true },
        },
        durableWrite(signal),
      ),
    ).finally(() => this.changes?.changed(id));
    if (matchedCount === 1) return true;
    if ((await this.find(id))?.status !== 'deleted') return false;
    await boundedMongoOperation((signal) =>
      this.model.updateOne({ _id: id }, { $currentDate: { changedAt: true } }, durableWrite(signal)),
    ).finally(() => this.changes?.changed(id));
    return true;
  }

  async pendingRemovals(limit: number): Promise<readonly string[]> {
    const found = await boundedMongoOperation((signal) =>
      this.model
        .find({ removalPending: true }, { _id: 1 }, majorityRead(signal))
        .limit(limit)
        .lean<{ _id: string }[]>()
        .exec(),
    );
    return found.map(({ _id }) => _id);
  }

  async finishRemoval(id: string): Promise<void> {
    await boundedMongoOperation((signal) =>
      this.model.updateOne({ _id: id }, { $unset: { removalPending: 1 } }, durableWrite(signal)),
    );
  }

  async list({ email, username, before, limit }: UserQuery): Promise<readonly User[]> {
    const found = await boundedMongoOperation((signal) =>
      this.model
        .find(
          {
            ...(email !== undefined && { email }),
            ...(username !== undefined && { username }),
            status: { $ne: 'deleted' },
            _id: { $gte: FIRST_USER_ID, ...(before !== undefined && { $lt: before }) },
          },
          INTERNALS,
          majorityRead(signal),
        )
        .sort({ _id: -1 })
        .limit(limit)
        .lean<StoredUser[]>()
        .exec(),
    );
    return found.map(withId);
  }

  private async findOne(
    filter: { _id: string } | { issuer: string; subject: string },
    { linearizable = false, timeoutMs = Infinity }: ReadOptions = {},
  ): Promise<User | null> {
    const isLinearizable = (await this.changes?.needsLinearizable(linearizable)) === true;
    const found = await boundedMongoOperation(
      (signal) =>
        this.model.findOne(filter, INTERNALS, decidingRead(signal, isLinearizable)).lean<StoredUser>().exec(),
      Math.min(timeoutMs, MONGO_OPERATION_TIMEOUT_MS),
    );
    return found && withId(found);
  }
}

function absent(fields: object): Record<string, 1> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value === undefined)
      .map(([name]) => [name, 1]),
  );
}
