import type { Connection } from 'mongoose';
import type { StorageConfig } from '../../config/storage.config';
import type { EventRepository, EventStorage } from '../../api-keys/ports/event.repository';
import {
  EVENT_MODEL,
  type EventDocument,
  EventSchema,
  LEASE_MODEL,
  type LeaseDocument,
  LeaseSchema,
} from './event.schema';
import { MemoryEventRepository } from './memory-event.repository';
import { MongoEventRepository } from './mongo-event.repository';
import { MongoLeaseRepository } from './mongo-lease.repository';
import { prepareStore } from '../../mongo/prepare-store';
import { requiredConnection } from '../../mongo/required-connection';

/**
 * The event store for a chosen storage, ready to use; under the same switch as the keys'.
 *
 * @throws ConfigurationError if the storage is refused here, or MongoDB is chosen without a connection
 */
export async function openEventStorage(
  storage: EventStorage,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
): Promise<EventRepository> {
  const repository = build(storage, storageConfig, connection);
  await prepareStore(repository, 'events');
  return repository;
}

function build(
  storage: EventStorage,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
): EventRepository {
  if (storage === 'memory')
    return new MemoryEventRepository(storageConfig.permitVolatile('memory storage of events'));
  if (storage === 'mongo') {
    const mongo = requiredConnection(connection);
    return new MongoEventRepository(
      mongo.model<EventDocument>(EVENT_MODEL, EventSchema),
      new MongoLeaseRepository(mongo.model<LeaseDocument>(LEASE_MODEL, LeaseSchema)),
    );
  }
  return storageConfig.admit(storage, 'the repository given for events');
}
