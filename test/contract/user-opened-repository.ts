import type { ConnectOptions, Connection, mongo } from 'mongoose';
import { StorageConfig } from '../../src/config/storage.config';
import { MemoryUserRepository } from '../../src/users/storage/memory-user.repository';
import { MongoUserRepository } from '../../src/users/storage/mongo-user.repository';
import { USER_MODEL, type UserDocument, UserSchema } from '../../src/users/storage/user.schema';
import type { UserRepository } from '../../src/users/storage/user.repository';
import { connected } from '../support/connected';
import { testDatabaseUri } from '../support/test-database';

/** An empty store of users, ready to use. */
export interface OpenedUserRepository {
  readonly repository: UserRepository;
  close(): Promise<void>;
}

export interface OpenedMongoUserRepository extends OpenedUserRepository {
  readonly connection: Connection;
  /** The documents, to read and write them without the repository. */
  readonly documents: mongo.Collection<{ _id: string } & Record<string, unknown>>;
}

/** The connection options of the service. */
export const SERVICE_CONNECTION: ConnectOptions = { bufferCommands: false, serverSelectionTimeoutMS: 2000 };

export async function openMemoryUsers(): Promise<OpenedUserRepository> {
  const permit = new StorageConfig().permitVolatile('a store of the tests');
  return { repository: new MemoryUserRepository(permit), close: async () => {} };
}

export async function openMongoUsers(
  uri = testDatabaseUri('users'),
  options: ConnectOptions = SERVICE_CONNECTION,
): Promise<OpenedMongoUserRepository> {
  const connection = await connected(uri, options);
  const repository = mongoUsersOn(connection);
  await repository.prepare();
  return {
    repository,
    connection,
    documents: connection.getClient().db().collection('users'),
    close: async () => {
      await connection.dropDatabase();
      await connection.close();
    },
  };
}

export function mongoUsersOn(connection: Connection): MongoUserRepository {
  return new MongoUserRepository(connection.model<UserDocument>(USER_MODEL, UserSchema));
}
