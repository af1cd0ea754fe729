import type { ApiKey } from '../domain/api-key';
import type { KeyEvent } from '../domain/key-event';
import type { Outbox } from '../ports/outbox';

/** The last key of a page of expiring keys. The next page starts after it. */
export interface ExpiryPosition {
  readonly expiresAt: Date;
  readonly id: string;
}

/** The events of keys, and the keys for which an expiry notice becomes due. */
export interface KeyOutbox extends Outbox<KeyEvent> {
  /** Returns keys that expire in a range, soonest first. The range excludes its start and includes its end. */
  expiring(after: Date, until: Date, limit: number, behind?: ExpiryPosition): Promise<readonly ApiKey[]>;
}
