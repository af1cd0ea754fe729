import type { FreshnessSettings } from '../../change-feed/change-feed';
import { MongoChangeFeed } from '../../change-feed/mongo-change-feed';
import type { StoresOf } from '../../mongo/open-store';
import { MemoryUserRepository } from './memory-user.repository';
import { MongoUserRepository } from './mongo-user.repository';
import type { UserRepository } from './user.repository';
import { USER_MODEL, type UserDocument, UserSchema } from './user.schema';

/** Where users are kept: in MongoDB, or in memory (development and test only). */
export type UserStorage = 'mongo' | 'memory';

/** The stores available for users. */
export function userStores(freshness: FreshnessSettings = {}): StoresOf<UserRepository> {
  return {
    records: 'users',
    memory: (permit) => new MemoryUserRepository(permit),
    mongo: (connection) => {
      const model = connection.model<UserDocument>(USER_MODEL, UserSchema);
      return new MongoUserRepository(model, MongoChangeFeed.of(model, freshness));
    },
  };
}
