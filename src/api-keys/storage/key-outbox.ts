import type { ApiKey } from '../domain/api-key';
import type { KeyEvent } from '../domain/key-event';

/** The events of a key that were not copied to the event store yet, oldest first. */
export interface PendingEvents {
  readonly keyId: string;
  /** The version of the key when the events were read. */
  readonly version: number;
  readonly events: readonly KeyEvent[];
}

/** The last key of a page of expiring keys. The next page starts after it. */
export interface ExpiryPosition {
  readonly expiresAt: Date;
  readonly id: string;
}

/**
 * The events that are stored with their keys. A change and its event are one write, so that neither exists without the
 * other. Methods reject with `StorageUnavailableError` if the store cannot answer.
 */
export interface KeyOutbox {
  /** Returns keys with waiting events. The key with the oldest event comes first. */
  pending(limit: number): Promise<readonly PendingEvents[]>;

  /** Returns the time of the oldest waiting event. */
  oldestPending(): Promise<Date | undefined>;

  /** Removes events that were copied. Does not change the version of the key or announce a change. */
  settle(passedOn: PendingEvents): Promise<void>;

  /** Returns keys that expire in a range, soonest first. The range excludes its start and includes its end. */
  expiring(after: Date, until: Date, limit: number, behind?: ExpiryPosition): Promise<readonly ApiKey[]>;
}
