import type { Durability } from '../../config/storage.config';
import type { KeyEvent, KeyEventType } from '../domain/key-event';

/** The injection token of the {@link EventRepository} in use; `null` where events are not kept. */
export const EVENT_REPOSITORY = Symbol('keyward:event-repository');

/** How the webhook of an event stands: not asked for, waiting, taken, or given up. */
export type DeliveryState = 'none' | 'pending' | 'delivered' | 'dead';

/** An event as it is kept. */
export interface RecordedEvent extends KeyEvent {
  readonly delivery: DeliveryState;
}

/** An event that waits for its delivery. */
export interface QueuedEvent extends KeyEvent {
  /** When the next try is due. */
  readonly deliverAt: Date;
  /** How many tries there were. */
  readonly attempts: number;
}

/** Which events a page holds: those equal in every part given, newest first. One index serves each combination. */
export type EventQuery = {
  /** Only events at this position or behind it. */
  readonly from?: string | undefined;
  /** Only events before this position. */
  readonly before?: string | undefined;
  readonly limit: number;
} & EventFilter;

/** What an index narrows events down to. A project beside an owner is looked for among the events of that owner. */
export type EventFilter =
  | { readonly keyId: string; readonly orgId?: string | undefined }
  | {
      readonly ownerId: string;
      readonly orgId?: string | undefined;
      readonly projectId?: string | undefined;
    }
  | { readonly orgId?: string | undefined; readonly projectId: string }
  | { readonly orgId: string; readonly projectId?: string | undefined }
  | { readonly type: KeyEventType }
  | { readonly [K in 'keyId' | 'ownerId' | 'orgId' | 'projectId' | 'type']?: undefined };

/**
 * Keeps what happened to keys: the audit trail, and the queue of webhooks. Every implementation passes the same contract
 * suite. Rejects with `StorageUnavailableError` where the store cannot answer.
 */
export interface EventRepository {
  readonly durability: Durability;

  /** The leases by which instances agree who does what only one is to do. */
  readonly leases: LeaseRepository;

  /** Makes the store ready, indexes included. */
  prepare(): Promise<void>;

  /**
   * Records an event, and queues it where a time for its delivery is given.
   *
   * @returns whether it is new. An event with the same id is the same event, and stays as it is.
   */
  add(event: KeyEvent, deliverAt?: Date): Promise<boolean>;

  /** One page of events, newest first. */
  list(query: EventQuery): Promise<readonly RecordedEvent[]>;

  /** Events whose delivery is due, longest due first. */
  due(now: Date, limit: number): Promise<readonly QueuedEvent[]>;

  /**
   * Organisations with deliveries that are due, in the order of their ids; `null`, for events of none, comes first.
   *
   * @param after only those behind this one
   */
  dueOrganisations(
    now: Date,
    after: string | null | undefined,
    limit: number,
  ): Promise<readonly (string | null)[]>;

  /**
   * Keys with deliveries of an organisation that are due, in the order of their ids.
   *
   * @param after only those behind this one
   */
  dueKeys(
    orgId: string | null,
    now: Date,
    after: string | undefined,
    limit: number,
  ): Promise<readonly string[]>;

  /** Events of a key whose delivery is due, whatever the organisation: by version, then by time. */
  dueOf(keyId: string, now: Date, limit: number): Promise<readonly QueuedEvent[]>;

  /** The first event of a key, in the same order, that waits for a later try and had fewer tries than so many. */
  holderOf(keyId: string, now: Date, attempts: number): Promise<QueuedEvent | undefined>;

  /** Tries an event again later. Nothing happens where somebody else has tried it meanwhile. */
  postpone(event: QueuedEvent, deliverAt: Date, attempts: number): Promise<void>;

  /** Takes an event off the queue. Nothing happens where somebody else has tried it meanwhile. */
  settle(event: QueuedEvent, delivery: 'delivered' | 'dead'): Promise<void>;

  /**
   * Removes the oldest events before a position, up to a limit.
   *
   * @returns how many
   */
  prune(before: string, limit: number): Promise<number>;
}

/** Where events are kept: in MongoDB, in memory (development and test only), or in a store of the host's own. */
export type EventStorage = 'mongo' | 'memory' | EventRepository;

/** A lease: who holds it, and a count that goes up with each sign of life. */
export interface LeaseRecord {
  /** The instance that holds it; empty where nobody does. */
  readonly holder: string;
  readonly beat: number;
  /** How far the holders have come with what they do; kept for the next. */
  readonly progress?: Date | undefined;
}

/** Keeps leases. It compares no times: each instance measures with its own clock how long `beat` stays the same. */
export interface LeaseRepository {
  /** The lease by this name; `null` where there never was one. */
  read(name: string): Promise<LeaseRecord | null>;

  /**
   * Writes the next state of a lease, `beat` one up, guarded by the beat it was made from (0 where there was none).
   *
   * @returns whether it stands. `false`: somebody else came first.
   */
  write(name: string, next: LeaseRecord): Promise<boolean>;
}
