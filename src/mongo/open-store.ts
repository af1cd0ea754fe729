import type { Connection, mongo } from 'mongoose';
import { ConfigurationError } from '../problems/configuration.error';
import type { Durability, StorageConfig, VolatileStoragePermit } from '../config/storage.config';

interface Store {
  readonly durability?: Durability;
  prepare(): Promise<void>;
}

/** The available stores for one kind of record. */
export interface StoresOf<S extends Store> {
  /** The name of the records in error messages. */
  readonly records: string;
  memory(permit: VolatileStoragePermit): S;
  mongo(connection: Connection): S;
}

/**
 * Opens the chosen store and prepares it, including its indexes. There is no fallback to another store. The service
 * must not start without its indexes, because it would be slow and could not enforce uniqueness.
 *
 * @param chosen the name of a built-in store, or a custom store of the host
 * @throws ConfigurationError if the store is not allowed or cannot be prepared, or if MongoDB is chosen without a
 *   connection
 */
export async function openStore<S extends Store>(
  chosen: 'mongo' | 'memory' | S,
  stores: StoresOf<S>,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
): Promise<S> {
  let store: S;
  if (chosen === 'memory') {
    store = stores.memory(storageConfig.permitVolatile(`memory storage of ${stores.records}`));
  } else if (chosen === 'mongo') store = stores.mongo(requiredConnection(connection));
  else store = storageConfig.admit(chosen, `the repository given for ${stores.records}`);
  try {
    await store.prepare();
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
    throw new ConfigurationError(
      `could not prepare the store of ${stores.records} (${reason}): allow the service to build its indexes, or build them before it starts.`,
    );
  }
  return store;
}

const own = new WeakMap<mongo.MongoClient, Connection>();

/**
 * Returns a Mongoose connection for Keyward that shares the client of the host's connection. The connection has its own
 * Mongoose instance, so that `mongoose.set(…)` and plugins of the host do not change Keyward's queries (decision record
 * 0063).
 *
 * @throws ConfigurationError if there is no open connection to MongoDB
 */
function requiredConnection(connection: Connection | null | undefined): Connection {
  if (!connection) {
    throw new ConfigurationError(
      'storage "mongo" needs a Mongoose connection and there is none: import MongooseModule.forRoot(…).',
    );
  }
  // Undefined before the first connect, although the type does not include it.
  const client = connection.getClient() as mongo.MongoClient | undefined;
  if (client === undefined) {
    throw new ConfigurationError(
      'storage "mongo" needs an open Mongoose connection, but this one is not open: connect before the application starts, without lazyConnection.',
    );
  }
  const known = own.get(client) ?? new connection.base.Mongoose().createConnection().setClient(client);
  own.set(client, known);
  return known.name === connection.name ? known : known.useDb(connection.name, { useCache: true });
}
