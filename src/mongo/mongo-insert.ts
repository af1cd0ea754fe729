import { boundedMongoOperation, durableWrite } from './mongo-operation';
import { presentFields } from './with-id';

/** The part of a Mongoose model that an insert needs, for any type of document. */
interface Updatable {
  updateOne(filter: object, update: object, options: object): PromiseLike<unknown>;
}

/**
 * Inserts a document by an upsert that matches no document. Only an upsert can set `changedAt` by the server's clock.
 *
 * @throws MongoServerError for a duplicate key
 * @throws StorageUnavailableError if the store cannot answer
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
