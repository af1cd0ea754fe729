import { MongooseError, type MongooseUpdateQueryOptions, mongo, type QueryOptions } from 'mongoose';
import { isOutage } from './mongo-outage';
import { StorageFaultError, StorageUnavailableError } from '../problems/storage.errors';

/** How long one operation may take before the store counts as not reachable, in milliseconds. */
export const MONGO_OPERATION_TIMEOUT_MS = 1500;

const DUPLICATE_KEY = 11_000;

/** Options of every write: acknowledged by a majority, and in its journal. */
export function durableWrite(signal: AbortSignal): MongooseUpdateQueryOptions & mongo.UpdateOptions {
  return { writeConcern: { w: 'majority', j: true }, ...abortable(signal) };
}

/** Options of every read: from the primary, what a majority has. */
export function majorityRead(signal: AbortSignal): QueryOptions {
  return decidingRead(signal, false);
}

/**
 * Options of a read that decides something: as {@link majorityRead}, or linearizable, which only the members of a
 * replica set know.
 */
export function decidingRead(signal: AbortSignal, linearizable: boolean): QueryOptions {
  return {
    readPreference: 'primary',
    readConcern: { level: linearizable ? 'linearizable' : 'majority' },
    ...abortable(signal),
  };
}

/** Mongoose hands `signal` on to the driver, though its types do not know of it. */
function abortable(signal: AbortSignal): object {
  return { signal };
}

/**
 * Runs one database operation under a time limit. A store that is unreachable or overloaded becomes a
 * `StorageUnavailableError`, any other error of the store a `StorageFaultError`. A duplicate key is passed on, for the
 * caller to judge.
 *
 * @param operation gets the signal that it must hand to the driver
 * @param timeoutMs the limit, where it is not the usual one
 */
export async function boundedMongoOperation<T>(
  operation: (signal: AbortSignal) => PromiseLike<T>,
  timeoutMs = MONGO_OPERATION_TIMEOUT_MS,
): Promise<T> {
  const limit = new AbortController();
  const { signal } = limit;
  // An answer that has arrived by then and only waits to be read is taken: in a busy process timers come before it, and a
  // load of our own is no outage of the store.
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

/** Whether the server refused a write because of a unique index. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;
}
