import type { AuditEvent, KeyEvent, PolicyEvent } from '../domain/key-event';

/** The events of a key or policy that were not copied to the event store yet, oldest first. */
export interface PendingEvents<E extends AuditEvent = KeyEvent> {
  /** The id of the key, or of the policy. */
  readonly keyId: string;
  /** The version of the record when the events were read. */
  readonly version: number;
  readonly events: readonly E[];
}

/**
 * The events that are stored with their records. A change and its event are one write, so that neither exists without the
 * other. Methods reject with `StorageUnavailableError` if the store cannot answer.
 */
export interface Outbox<E extends AuditEvent> {
  /** Returns records with waiting events. The record with the oldest event comes first. */
  pending(limit: number): Promise<readonly PendingEvents<E>[]>;

  /** Returns the time of the oldest waiting event. */
  oldestPending(): Promise<Date | undefined>;

  /** Removes events that were copied. Does not change the version of the record or announce a change. */
  settle(passedOn: PendingEvents<E>): Promise<void>;
}

/** The injection token of the {@link Outbox} of policies; optional. The policies module provides it. */
export const POLICY_OUTBOX = Symbol('keyward:policy-outbox');

/** A listener that is called after each stored change of a policy, in the process that made the change. */
export interface PolicyChangeListener {
  /** Must not throw, because the change is already stored. */
  happened(event: PolicyEvent): void;
}

/** The injection token of the {@link PolicyChangeListener}. */
export const POLICY_CHANGE_LISTENER = Symbol('keyward:policy-change-listener');
