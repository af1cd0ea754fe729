import { MongooseError, type MongooseUpdateQueryOptions, mongo, type QueryOptions } from 'mongoose';
import { isOutage } from './mongo-outage';
import { StorageFaultError, StorageUnavailableError } from '../problems/storage.errors';

/** The timeout of one operation in milliseconds. After the timeout, the store counts as unreachable. */
export const MONGO_OPERATION_TIMEOUT_MS = 1500;

const DUPLICATE_KEY = 11_000;

/** Returns the options of every write: acknowledged by a majority, and journaled. */
export function durableWrite(signal: AbortSignal): MongooseUpdateQueryOptions & mongo.UpdateOptions {
  return { writeConcern: { w: 'majority', j: true }, ...abortable(signal) };
}

/** Returns the options of every read: majority-committed data from the primary. */
export function majorityRead(signal: AbortSignal): QueryOptions {
  return decidingRead(signal, false);
}

/**
 * Returns the options of a read for a decision. It is linearizable, or the same as {@link majorityRead}. A standalone
 * server does not support linearizable reads.
 */
export function decidingRead(signal: AbortSignal, linearizable: boolean): QueryOptions {
  return {
    readPreference: 'primary',
    readConcern: { level: linearizable ? 'linearizable' : 'majority' },
    ...abortable(signal),
  };
}

/**
 * Returns `signal` as an option. Mongoose passes it to the driver, although the types of Mongoose do not include it.
 */
function abortable(signal: AbortSignal): object {
  return { signal };
}

/**
 * Runs one database operation with a timeout. A duplicate key error is thrown unchanged, so that the caller can handle
 * it.
 *
 * @param operation receives the signal, which it must pass to the driver
 * @param timeoutMs the timeout in milliseconds
 * @throws StorageUnavailableError if the store is unreachable or overloaded
 * @throws StorageFaultError for any other error of the store
 */
export async function boundedMongoOperation<T>(
  operation: (signal: AbortSignal) => PromiseLike<T>,
  timeoutMs = MONGO_OPERATION_TIMEOUT_MS,
): Promise<T> {
  const limit = new AbortController();
  const { signal } = limit;
  // `setImmediate` accepts an answer that has already arrived. In a busy process timers run first, and the load of this
  // process must not count as an outage of the store.
  const timer = setTimeout(() => setImmediate(() => limit.abort()), timeoutMs);
  try {
    return await operation(signal);
  } catch (error) {
    if (isDuplicateKey(error)) throw error;
    if (signal.aborted || isOutage(error)) throw new StorageUnavailableError(error);
    const isOfStore = error instanceof mongo.MongoError || error instanceof MongooseError;
    throw isOfStore ? new StorageFaultError(error) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Returns whether the server rejected a write because of a unique index. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;
}
