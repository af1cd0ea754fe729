import { type Connection, mongo } from 'mongoose';
import { isOutage } from '../../mongo/mongo-outage';
import { StorageFaultError, StorageUnavailableError } from '../../problems/storage.errors';
import { CliError } from '../kit/cli.errors';
import { modelOf } from './index-report';
import type { StoredCollection } from './stored-collections';

const NAMESPACE_EXISTS = 48;

/** Error codes of MongoDB: an index with the same name or key exists with other options. */
const CONFLICTS: ReadonlySet<unknown> = new Set([85, 86]);
const DUPLICATE_KEY = 11_000;

/**
 * Creates a collection and its missing indexes. Drops nothing. It has no timeout, because MongoDB continues the build
 * even if this process exits.
 *
 * @throws CliError if a conflicting index exists, or records violate a unique index
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

/**
 * Returns an error that names the remedy. Does not repeat the server's message, because it may contain personal data.
 */
function explained(error: unknown, collection: string): unknown {
  const code = codeOf(error);
  if (CONFLICTS.has(code)) {
    return new CliError(
      'index_conflict',
      `${collection} has an index with the same name or key but other options: find it with "indexes check", drop it and build again.`,
    );
  }
  if (code === DUPLICATE_KEY) {
    return new CliError(
      'duplicate_records',
      `records of ${collection} have the same value in a unique index: find and change them, then build again.`,
    );
  }
  if (isOutage(error)) return new StorageUnavailableError(error);
  return error instanceof mongo.MongoError ? new StorageFaultError(error) : error;
}

function codeOf(error: unknown): unknown {
  return error instanceof mongo.MongoServerError ? error.code : undefined;
}
