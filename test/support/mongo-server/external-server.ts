import { PATIENCE_MS } from '../patience';
import type { MongoServer, MongoServerOptions } from './mongo-server';
import { messageOf, MongoServerUnavailable } from './unavailable';
import { withoutDatabase } from './uri';

const VARIABLE = 'MONGODB_TEST_URI';

export async function useExternalServer(options: MongoServerOptions): Promise<MongoServer> {
  const given = process.env[VARIABLE];
  if (given === undefined || given === '') throw new MongoServerUnavailable(`${VARIABLE} is not set`);
  if (options.own === true || options.dataDir !== undefined) {
    throw new MongoServerUnavailable('the test needs a server of its own');
  }
  await expectAnswer(given);
  return {
    uri: withoutDatabase(given),
    kind: 'external',
    pid: undefined,
    stop: () => Promise.resolve(),
    suspend: () => refuse('suspended'),
    resume: () => refuse('resumed'),
  };
}

/**
 * Throws if the server does not answer. Does not throw `MongoServerUnavailable`, because the tests would then start a
 * server of their own instead of the requested one.
 */
async function expectAnswer(uri: string): Promise<void> {
  const { mongo } = await import('mongoose');
  const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: PATIENCE_MS });
  try {
    await client.db('admin').command({ ping: 1 });
  } catch (error) {
    throw new Error(`The server that ${VARIABLE} names does not answer: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await client.close();
  }
}

function refuse(what: string): never {
  throw new Error(
    `The server that ${VARIABLE} names cannot be ${what} by a test. Start one with startMongoServer({ own: true })`,
  );
}
