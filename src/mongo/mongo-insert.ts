import { boundedMongoOperation, durableWrite } from './mongo-operation';
import { presentFields } from './with-id';

/** What of a Mongoose model is needed here, whatever its documents are. */
interface Updatable {
  updateOne(filter: object, update: object, options: object): PromiseLike<unknown>;
}

/**
 * Adds a document. An upsert that can match nothing: the only insert that lets the server's clock set `changedAt`.
 *
 * @throws MongoServerError for a duplicate key, StorageUnavailableError
 */
export async function insertDocument(
  model: Updatable,
  id: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  await boundedMongoOperation((signal) =>
    model.updateOne(
      { _id: id, version: { $exists: false } },
      { $setOnInsert: presentFields(fields), $currentDate: { changedAt: true } },
      { ...durableWrite(signal), upsert: true },
    ),
  );
}
