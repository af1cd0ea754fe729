import type { ConnectOptions, Connection, mongo } from 'mongoose';
import { StorageConfig } from '../../src/config/storage.config';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import { API_KEY_MODEL, type ApiKeyDocument, ApiKeySchema } from '../../src/api-keys/storage/api-key.schema';
import { MemoryApiKeyRepository } from '../../src/api-keys/storage/memory-api-key.repository';
import { MongoApiKeyRepository } from '../../src/api-keys/storage/mongo-api-key.repository';
import { connected } from '../support/connected';
import { testDatabaseUri } from '../support/test-database';

/** An empty store, ready to use. */
export interface OpenedRepository {
  readonly repository: ApiKeyRepository;
  close(): Promise<void>;
}

export interface OpenedMongoRepository extends OpenedRepository {
  readonly connection: Connection;
  /** The documents, to read and write them without the repository. */
  readonly documents: mongo.Collection<{ _id: string } & Record<string, unknown>>;
}

/** The connection options of the service. */
export const SERVICE_CONNECTION: ConnectOptions = { bufferCommands: false, serverSelectionTimeoutMS: 2000 };

export function memoryRepository(): MemoryApiKeyRepository {
  return new MemoryApiKeyRepository(new StorageConfig().permitVolatile('a store of the tests'));
}

export async function openMongoRepository(
  uri = testDatabaseUri('api keys'),
  options: ConnectOptions = SERVICE_CONNECTION,
): Promise<OpenedMongoRepository> {
  const connection = await connected(uri, options);
  const repository = mongoRepositoryOn(connection);
  await repository.prepare();
  return {
    repository,
    connection,
    documents: connection.getClient().db().collection('api_keys'),
    close: async () => {
      await connection.dropDatabase();
      await connection.close();
    },
  };
}

export function mongoRepositoryOn(connection: Connection): MongoApiKeyRepository {
  return new MongoApiKeyRepository(connection.model<ApiKeyDocument>(API_KEY_MODEL, ApiKeySchema));
}
