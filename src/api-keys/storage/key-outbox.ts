import type { ApiKey } from '../domain/api-key';
import type { KeyEvent } from '../domain/key-event';

/** A key with events that are yet to be passed on, oldest first. */
export interface PendingEvents {
  readonly keyId: string;
  /** The version that the key had when this was read. */
  readonly version: number;
  readonly events: readonly KeyEvent[];
}

/** Where the reading of a range of expiries goes on: behind this key. */
export interface ExpiryPosition {
  readonly expiresAt: Date;
  readonly id: string;
}

/**
 * The events that keys carry with them. A change puts its event there in its own write, so that there is never one
 * without the other. Rejects with `StorageUnavailableError` where the store cannot answer.
 */
export interface KeyOutbox {
  /** Keys whose events wait, those that wait longest first. */
  pending(limit: number): Promise<readonly PendingEvents[]>;

  /** Since when the oldest event waits. */
  oldestPending(): Promise<Date | undefined>;

  /** Lets go of events that were passed on. The key's version and place in the change feed stay as they are. */
  settle(passedOn: PendingEvents): Promise<void>;

  /** Keys that expire in a range, its start excluded and its end included, the soonest first. */
  expiring(after: Date, until: Date, limit: number, behind?: ExpiryPosition): Promise<readonly ApiKey[]>;
}
