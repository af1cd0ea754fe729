import type { ConnectOptions, Connection, mongo } from 'mongoose';
import { MemoryUsageRepository } from '../../src/api-keys/usage/storage/memory-usage.repository';
import { MongoUsageRepository } from '../../src/api-keys/usage/storage/mongo-usage.repository';
import type { UsageRepository } from '../../src/api-keys/ports/usage.repository';
import { USAGE_MODEL, type UsageDocument, UsageSchema } from '../../src/api-keys/usage/storage/usage.schema';
import { StorageConfig } from '../../src/config/storage.config';
import { connected } from '../support/connected';
import { testDatabaseUri } from '../support/test-database';
import { SERVICE_CONNECTION } from './opened-repository';

/** An empty store of usage, ready to use. */
export interface OpenedUsageRepository {
  readonly repository: UsageRepository;
  close(): Promise<void>;
}

export interface OpenedMongoUsageRepository extends OpenedUsageRepository {
  readonly connection: Connection;
  /** The documents, to read and write them without the repository. */
  readonly documents: mongo.Collection<{ _id: string } & Record<string, unknown>>;
}

export function memoryUsageRepository(): MemoryUsageRepository {
  return new MemoryUsageRepository(new StorageConfig().permitVolatile('a store of the tests'));
}

export function mongoUsageRepositoryOn(
  connection: Connection,
  writeTimeoutMs?: number,
): MongoUsageRepository {
  return new MongoUsageRepository(connection.model<UsageDocument>(USAGE_MODEL, UsageSchema), writeTimeoutMs);
}

export async function openMongoUsageRepository(
  uri = testDatabaseUri('usage'),
  options: ConnectOptions = SERVICE_CONNECTION,
  writeTimeoutMs?: number,
): Promise<OpenedMongoUsageRepository> {
  const connection = await connected(uri, options);
  const repository = mongoUsageRepositoryOn(connection, writeTimeoutMs);
  await repository.prepare();
  return {
    repository,
    connection,
    documents: connection.getClient().db().collection('api_key_usage'),
    close: async () => {
      await connection.dropDatabase();
      await connection.close();
    },
  };
}
