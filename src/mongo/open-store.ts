import type { Connection, mongo } from 'mongoose';
import { ConfigurationError } from '../problems/configuration.error';
import type { Durability, StorageConfig, VolatileStoragePermit } from '../config/storage.config';

interface Store {
  readonly durability?: Durability;
  prepare(): Promise<void>;
}

/** The available stores for one kind of record. */
export interface StoresOf<S extends Store> {
  /** What is kept, for the sentences that the operator reads. */
  readonly records: string;
  memory(permit: VolatileStoragePermit): S;
  mongo(connection: Connection): S;
}

/**
 * Opens the chosen store and makes it ready, indexes included. The choice is final: no store ever stands in for another.
 * A service whose indexes are not there must not serve: it would be slow at best, and without its uniqueness at worst.
 *
 * @param chosen one of ours, or a store of the host's own
 * @throws ConfigurationError if the store is refused here or cannot be made ready, or MongoDB is chosen without a
 * connection
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
      `the store of ${stores.records} could not be made ready (${reason}): let the service build its indexes, or build them beforehand.`,
    );
  }
  return store;
}

const own = new WeakMap<mongo.MongoClient, Connection>();

/**
 * A Mongoose connection for Keyward alone, over the client of the host's. It belongs to a Mongoose instance of its own, so
 * the host's `mongoose.set(…)`, global plugins and plugins of its connection change none of our queries (decision record
 * 0063).
 *
 * @throws ConfigurationError if MongoDB is chosen and there is no open connection to it
 */
function requiredConnection(connection: Connection | null | undefined): Connection {
  if (!connection) {
    throw new ConfigurationError(
      'storage "mongo" needs a Mongoose connection and there is none: import MongooseModule.forRoot(…).',
    );
  }
  // Undefined before the first connect, though the types do not say so.
  const client = connection.getClient() as mongo.MongoClient | undefined;
  if (client === undefined) {
    throw new ConfigurationError(
      'storage "mongo" needs an open Mongoose connection and this one is not: connect before the application starts, without lazyConnection.',
    );
  }
  const known = own.get(client) ?? new connection.base.Mongoose().createConnection().setClient(client);
  own.set(client, known);
  return known.name === connection.name ? known : known.useDb(connection.name, { useCache: true });
}
