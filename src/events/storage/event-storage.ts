import type { EventRepository } from '../../api-keys/ports/event.repository';
import type { StoresOf } from '../../mongo/open-store';
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

/** The stores available for events. */
export const EVENT_STORES: StoresOf<EventRepository> = {
  records: 'events',
  memory: (permit) => new MemoryEventRepository(permit),
  mongo: (connection) =>
    new MongoEventRepository(
      connection.model<EventDocument>(EVENT_MODEL, EventSchema),
      new MongoLeaseRepository(connection.model<LeaseDocument>(LEASE_MODEL, LeaseSchema)),
    ),
};
