import type { Connection } from 'mongoose';
import type { StorageConfig } from '../../config/storage.config';
import { prepareStore } from '../../api-keys/storage/prepare-store';
import { requiredConnection } from '../../api-keys/storage/required-connection';
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
): Promise<UserRepository> {
  const repository = build(storage, storageConfig, connection);
  await prepareStore(repository, 'users');
  return repository;
}

function build(
  storage: UserStorage,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
): UserRepository {
  if (storage === 'memory')
    return new MemoryUserRepository(storageConfig.permitVolatile('memory storage of users'));
  return new MongoUserRepository(requiredConnection(connection).model<UserDocument>(USER_MODEL, UserSchema));
}
