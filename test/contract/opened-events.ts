import type { ConnectOptions, Connection, mongo } from 'mongoose';
import type { EventRepository } from '../../src/api-keys/ports/event.repository';
import { EVENT_STORES } from '../../src/events/storage/event-storage';
import { StorageConfig } from '../../src/config/storage.config';
import { openStore } from '../../src/mongo/open-store';
import { connected } from '../support/connected';
import { testDatabaseUri } from '../support/test-database';
import { SERVICE_CONNECTION } from './opened-repository';

/** An empty store of events, ready to use. */
export interface OpenedEvents {
  readonly events: EventRepository;
  close(): Promise<void>;
}

export interface OpenedMongoEvents extends OpenedEvents {
  readonly connection: Connection;
  /** The documents, to read and write them without the store. */
  readonly documents: mongo.Collection<{ _id: string } & Record<string, unknown>>;
}

export async function openMemoryEvents(): Promise<OpenedEvents> {
  const events = await openStore('memory', EVENT_STORES, new StorageConfig(), null);
  return { events, close: async () => {} };
}

export async function openMongoEvents(
  uri = testDatabaseUri('events'),
  options: ConnectOptions = SERVICE_CONNECTION,
): Promise<OpenedMongoEvents> {
  const connection = await connected(uri, options);
  const events = await openStore('mongo', EVENT_STORES, new StorageConfig(), connection);
  return {
    events,
    connection,
    documents: connection.getClient().db().collection('events'),
    close: async () => {
      await connection.dropDatabase();
      await connection.close();
    },
  };
}
