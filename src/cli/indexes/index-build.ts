import { type Connection, mongo } from 'mongoose';
import { isOutage } from '../../mongo/mongo-outage';
import { StorageFaultError, StorageUnavailableError } from '../../problems/storage.errors';
import { CliError } from '../kit/cli.errors';
import { modelOf } from './index-report';
import type { StoredCollection } from './stored-collections';

const NAMESPACE_EXISTS = 48;

/** Codes of MongoDB: an index of the name, or of the key, is there with other options. */
const CONFLICTS: ReadonlySet<unknown> = new Set([85, 86]);
const DUPLICATE_KEY = 11_000;

/**
 * Builds what is missing of a collection and its indexes; drops nothing. It takes as long as it takes: MongoDB goes on
 * with it if this process ends.
 *
 * @throws CliError if an index is in the way, or records contradict a unique one
 */
export async function buildIndexes(connection: Connection, stored: StoredCollection): Promise<void> {
  const model = modelOf(connection, stored);
  try {
    await model.createCollection().catch((error: unknown) => {
      if (codeOf(error) !== NAMESPACE_EXISTS) throw error;
    });
    await model.createIndexes();
  } catch (error) {
    throw explained(error, model.collection.collectionName);
  }
}

/** What the server says of a duplicate names the values, which are people's own; so it is not repeated. */
function explained(error: unknown, collection: string): unknown {
  const code = codeOf(error);
  if (CONFLICTS.has(code)) {
    return new CliError(
      'index_conflict',
      `an index of ${collection} is there with other options: see "indexes check", drop it and build again.`,
    );
  }
  if (code === DUPLICATE_KEY) {
    return new CliError(
      'duplicate_records',
      `records of ${collection} have the same value where an index wants each once: find and change them.`,
    );
  }
  if (isOutage(error)) return new StorageUnavailableError(error);
  return error instanceof mongo.MongoError ? new StorageFaultError(error) : error;
}

function codeOf(error: unknown): unknown {
  return error instanceof mongo.MongoServerError ? error.code : undefined;
}
