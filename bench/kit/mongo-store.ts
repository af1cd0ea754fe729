import { type Connection, createConnection, type mongo } from 'mongoose';
import { API_KEY_MODEL, type ApiKeyDocument, ApiKeySchema } from '../../src/api-keys/storage/api-key.schema';
import type { FreshnessSettings } from '../../src/change-feed/change-feed';
import { MongoApiKeyRepository } from '../../src/api-keys/storage/mongo-api-key.repository';
import { MongoChangeFeed } from '../../src/change-feed/mongo-change-feed';
import { startMongoServer } from '../../test/support/mongo-server';
import { withDatabase } from '../../test/support/mongo-server/uri';
import { print } from './report';

/** The same MongoDB server that the tests use. */
export interface BenchMongo {
  /** The connection string of a database that no other process uses. */
  uriOf(name: string): string;
  stop(): Promise<void>;
}

export async function startBenchMongo(): Promise<BenchMongo> {
  const server = await startMongoServer();
  print(`MongoDB server: ${server.kind}\n`);
  return {
    uriOf: (name) => withDatabase(server.uri, `keyward_bench_${process.pid}_${name}`),
    stop: async () => server.stop(),
  };
}

/** A store of keys in MongoDB, opened as the service opens it. */
export interface MongoStore {
  readonly repository: MongoApiKeyRepository;
  readonly connection: Connection;
  /** The documents, for access that bypasses the repository. */
  readonly documents: mongo.Collection<{ _id: string }>;
  close(): Promise<void>;
}

export async function openMongoStore(uri: string, settings: FreshnessSettings = {}): Promise<MongoStore> {
  const connection = createConnection();
  await connection.openUri(uri, { bufferCommands: false, monitorCommands: true });
  const model = connection.model<ApiKeyDocument>(API_KEY_MODEL, ApiKeySchema);
  const repository = new MongoApiKeyRepository(model, MongoChangeFeed.of(model, settings));
  await repository.prepare();
  return {
    repository,
    connection,
    documents: connection.getClient().db(connection.name).collection<{ _id: string }>('api_keys'),
    close: async () => {
      await repository.changes?.stop();
      await connection.dropDatabase();
      await connection.close();
    },
  };
}
