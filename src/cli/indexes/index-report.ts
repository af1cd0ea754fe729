import type { Connection, Model, Schema } from 'mongoose';
import { boundedMongoOperation } from '../../mongo/mongo-operation';
import type { StoredCollection } from './stored-collections';

const ANSWER_MS = 5000;

/** The index that MongoDB creates for sharding by hashed id. */
const OF_SHARDING = '_id_hashed';

/** An index that the service uses. */
export interface WantedIndex {
  readonly name: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly unique: boolean;
  readonly sparse: boolean;
}

/** The indexes of one collection, compared with those that the service uses. */
export interface IndexReport {
  readonly collection: string;
  /** Indexes that the service uses and that exist. */
  readonly present: readonly WantedIndex[];
  /** Indexes that the service uses and that do not exist, or exist with other options. */
  readonly missing: readonly WantedIndex[];
  /** Indexes that exist and that the service does not use. */
  readonly extra: readonly string[];
}

type Specification = readonly [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>?];

/**
 * Compares the indexes of a collection with those of its schema. Builds nothing.
 *
 * @throws StorageUnavailableError if the store does not answer in time
 */
export async function reportOn(connection: Connection, stored: StoredCollection): Promise<IndexReport> {
  const model = modelOf(connection, stored);
  const { toCreate, toDrop } = await boundedMongoOperation(
    async (signal) => Promise.race([model.diffIndexes({ indexOptionsToCreate: true }), endOf(signal)]),
    ANSWER_MS,
  );
  const missing = (toCreate as unknown as readonly Specification[]).map(wanted);
  const names = new Set(missing.map(({ name }) => name));
  const all = (stored.schema.indexes() as readonly Specification[]).map(wanted);
  return {
    collection: model.collection.collectionName,
    present: all.filter(({ name }) => !names.has(name)),
    missing,
    extra: (toDrop as readonly string[]).filter((name) => name !== OF_SHARDING),
  };
}

/** Returns the model of a collection, which the repositories of this connection also use. */
export function modelOf(connection: Connection, { model, schema }: StoredCollection): Model<unknown> {
  return connection.model<unknown>(model, schema as Schema<unknown>);
}

function wanted([key, options = {}]: Specification): WantedIndex {
  const name = Object.entries(key)
    .map(([field, direction]) => `${field}_${String(direction)}`)
    .join('_');
  return {
    name: typeof options['name'] === 'string' ? options['name'] : name,
    key,
    unique: options['unique'] === true,
    sparse: options['sparse'] === true,
  };
}

async function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
