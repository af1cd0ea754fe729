import { boundedMongoOperation, durableWrite } from './mongo-operation';
import { presentFields } from './with-id';

/** The part of a Mongoose model that an insert needs. It is the same for all types of documents. */
interface Updatable {
  updateOne(filter: object, update: object, options: object): PromiseLike<unknown>;
}

/**
 * Inserts a document with an upsert whose filter matches no document. Only an upsert can set `changedAt` from the
 * server's clock.
 *
 * @throws MongoServerError with code 11000 if a unique value already exists
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
