import type { Connection } from 'mongoose';
import { ConfigurationError } from '../problems/configuration.error';
import type { Durability, StorageConfig, VolatileStoragePermit } from '../config/storage.config';
import { requiredConnection } from './required-connection';

interface Store {
  readonly durability?: Durability;
  prepare(): Promise<void>;
}

/** The stores in which one kind of record can be kept. */
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
