import type { Connection } from 'mongoose';
import type { StorageConfig } from '../../config/storage.config';
import type { FreshnessSettings } from '../../change-feed/change-feed';
import { MongoChangeFeed } from '../../change-feed/mongo-change-feed';
import { prepareStore } from '../../mongo/prepare-store';
import { requiredConnection } from '../../mongo/required-connection';
import { MemoryUserRepository } from './memory-user.repository';
import { MongoUserRepository } from './mongo-user.repository';
import type { UserRepository } from './user.repository';
import { USER_MODEL, type UserDocument, UserSchema } from './user.schema';

/** Where users are kept: in MongoDB, or in memory (development and test only). */
export type UserStorage = 'mongo' | 'memory';

/**
 * The repository for a chosen storage, ready to use; under the same switch as the keys'.
 *
 * @throws ConfigurationError if the storage is refused here, or MongoDB is chosen without a connection
 */
export async function openUserStorage(
  storage: UserStorage,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
  freshness: FreshnessSettings = {},
): Promise<UserRepository> {
  const repository = build(storage, storageConfig, connection, freshness);
  await prepareStore(repository, 'users');
  return repository;
}

function build(
  storage: UserStorage,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
  freshness: FreshnessSettings,
): UserRepository {
  if (storage === 'memory')
    return new MemoryUserRepository(storageConfig.permitVolatile('memory storage of users'));
  const model = requiredConnection(connection).model<UserDocument>(USER_MODEL, UserSchema);
  return new MongoUserRepository(model, MongoChangeFeed.of(model, freshness));
}
