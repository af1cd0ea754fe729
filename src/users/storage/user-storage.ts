import type { Connection } from 'mongoose';
import { ConfigurationError } from '../../config/configuration.error';
import type { StorageConfig } from '../../config/storage.config';
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
  await repository.prepare();
  return repository;
}

function build(
  storage: UserStorage,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
): UserRepository {
  if (storage === 'memory')
    return new MemoryUserRepository(storageConfig.permitVolatile('memory storage of users'));
  if (!connection) {
    throw new ConfigurationError(
      'storage "mongo" needs a Mongoose connection and there is none: import MongooseModule.forRoot(…).',
    );
  }
  return new MongoUserRepository(connection.model<UserDocument>(USER_MODEL, UserSchema));
}
