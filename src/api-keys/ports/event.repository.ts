import type { Durability } from '../../config/storage.config';
import type { AuditEvent } from '../domain/key-event';

/** The injection token of the {@link EventRepository} in use; `null` if events are not kept. */
export const EVENT_REPOSITORY = Symbol('keyward:event-repository');

/**
 * The state of an event's delivery: not required (`none`), waiting, delivered, or failed after all retries (`dead`).
 */
export type DeliveryState = 'none' | 'pending' | 'delivered' | 'dead';

/** A stored event. */
export interface RecordedEvent extends AuditEvent {
  readonly delivery: DeliveryState;
}

/** An event that waits for its delivery. */
export interface QueuedEvent extends AuditEvent {
  /** When the next attempt is due. */
  readonly deliverAt: Date;
  /** How many attempts were made. */
  readonly attempts: number;
}

/**
 * Selects a page of the events that match all given filters, newest first. Each combination of filters has an index.
 */
export type EventQuery = {
  /** Only events at or after this position. */
  readonly from?: string | undefined;
  /** Only events before this position. */
  readonly before?: string | undefined;
  readonly limit: number;
} & EventFilter;

/** The allowed combinations of filters. For `ownerId` with `projectId`, the index finds all events of the owner. */
export type EventFilter =
  | { readonly keyId: string; readonly orgId?: string | undefined }
  | {
      readonly ownerId: string;
      readonly orgId?: string | undefined;
      readonly projectId?: string | undefined;
    }
  | { readonly orgId?: string | undefined; readonly projectId: string }
  | { readonly orgId: string; readonly projectId?: string | undefined }
  | { readonly type: AuditEvent['type'] }
  | { readonly [K in 'keyId' | 'ownerId' | 'orgId' | 'projectId' | 'type']?: undefined };

/**
 * Keeps events: the audit trail, and the queue of webhooks. Every implementation passes the same contract suite.
 * Methods reject with `StorageUnavailableError` if the store cannot answer.
 */
export interface EventRepository {
  readonly durability: Durability;

  /** The leases that give a job to one instance at a time. */
  readonly leases: LeaseRepository;

  /** Prepares the store, including its indexes. */
  prepare(): Promise<void>;

  /**
   * Records an event, and queues it if a time for its delivery is given.
   *
   * @returns whether the event is new. A stored event with the same id stays unchanged.
   */
  add(event: AuditEvent, deliverAt?: Date): Promise<boolean>;

  /** Returns one page of events, newest first. */
  list(query: EventQuery): Promise<readonly RecordedEvent[]>;

  /** Returns events whose delivery is due, the longest overdue first. */
  due(now: Date, limit: number): Promise<readonly QueuedEvent[]>;

  /**
   * Returns organisations with due deliveries, in the order of their ids. `null` stands for events without an
   * organisation, and comes first.
   *
   * @param after returns only organisations after this one
   */
  dueOrganisations(
    now: Date,
    after: string | null | undefined,
    limit: number,
  ): Promise<readonly (string | null)[]>;

  /**
   * Returns keys and policies of an organisation with due deliveries, in the order of their ids.
   *
   * @param after returns only ids after this one
   */
  dueKeys(
    orgId: string | null,
    now: Date,
    after: string | undefined,
    limit: number,
  ): Promise<readonly string[]>;

  /** Returns the events of a key or policy in any organisation whose delivery is due, ordered by version, then by time. */
  dueOf(keyId: string, now: Date, limit: number): Promise<readonly QueuedEvent[]>;

  /**
   * Returns the first event of a key or policy, ordered as by `dueOf`, that waits for a retry and had fewer than `attempts`
   * attempts.
   */
  holderOf(keyId: string, now: Date, attempts: number): Promise<QueuedEvent | undefined>;

  /** Schedules the next attempt of an event. Does nothing if another instance has tried it in the meantime. */
  postpone(event: QueuedEvent, deliverAt: Date, attempts: number): Promise<void>;

  /** Removes an event from the queue. Does nothing if another instance has tried it in the meantime. */
  settle(event: QueuedEvent, delivery: 'delivered' | 'dead'): Promise<void>;

  /**
   * Removes the oldest events before a position, up to a limit.
   *
   * @returns how many were removed
   */
  prune(before: string, limit: number): Promise<number>;
}

/** Where events are kept: in MongoDB, in memory (development and test only), or in a store of the host's own. */
export type EventStorage = 'mongo' | 'memory' | EventRepository;

/** A lease: its holder, and a count that increases with each heartbeat. */
export interface LeaseRecord {
  /** The id of the instance that holds the lease; empty if none does. */
  readonly holder: string;
  readonly beat: number;
  /** The time up to which the work is done. The next holder continues from there. */
  readonly progress?: Date | undefined;
}

/** Stores leases. Does not compare times: each instance measures with its own clock how long `beat` has not changed. */
export interface LeaseRepository {
  /** Returns the lease with this name; `null` if it was never written. */
  read(name: string): Promise<LeaseRecord | null>;

  /**
   * Writes the next state of a lease if the stored `beat` is still `next.beat - 1` (0 if there is no lease).
   *
   * @returns whether it was written; `false` if another instance was first
   */
  write(name: string, next: LeaseRecord): Promise<boolean>;
}
