import type { Model } from 'mongoose';
import type { ApiKey, ApiKeyWithHistory } from '../domain/api-key';
import { type AuditEvent, changeEventId, changeEventOf, type KeyEvent } from '../domain/key-event';
import type { ApiKeyDocument, StoredPendingEvent } from './api-key.schema';
import { boundedMongoOperation, durableWrite, majorityRead } from '../../mongo/mongo-operation';
import { withId } from '../../mongo/with-id';
import type { Outbox, PendingEvents } from '../ports/outbox';
import type { ExpiryPosition, KeyOutbox } from './key-outbox';
import { withLimits, type WithStoredLimits } from './stored-limits';

/** Earlier than all stored dates. A query with this bound can use the sparse index of `pendingAt`. */
const EVER = new Date(0);

const KEY_FIELDS = {
  history: 0,
  historyDropped: 0,
  imposed: 0,
  changedAt: 0,
  pending: 0,
  pendingAt: 0,
} as const;

type StoredKey = { readonly _id: string } & Omit<WithStoredLimits<ApiKey>, 'id'>;

/** The fields of a document with waiting events. */
interface OutboxDocument<E extends AuditEvent = AuditEvent> {
  readonly _id: string;
  readonly version: number;
  readonly pending?: readonly StoredPendingEvent<E>[];
  readonly pendingAt?: Date;
}

/** The events of one kind of record that wait in the documents of their records. */
export class MongoOutbox<E extends AuditEvent> implements Outbox<E> {
  private readonly documents: Model<OutboxDocument>;

  /**
   * @param model the model of a collection whose documents have `version`, `pending` and `pendingAt`
   * @param eventOf adds to a stored event what the document of the record already contains
   */
  constructor(
    model: unknown,
    private readonly eventOf: (id: string, stored: StoredPendingEvent<E>) => E,
  ) {
    this.documents = model as Model<OutboxDocument>;
  }

  async pending(limit: number): Promise<readonly PendingEvents<E>[]> {
    const found = await boundedMongoOperation((signal) =>
      this.documents
        .find({ pendingAt: { $gte: EVER } }, { pending: 1, version: 1 }, majorityRead(signal))
        .sort({ pendingAt: 1 })
        .limit(limit)
        .lean<OutboxDocument<E>[]>()
        .exec(),
    );
    return found.map(({ _id: keyId, version, pending = [] }) => ({
      keyId,
      version,
      events: pending.map((event) => this.eventOf(keyId, event)),
    }));
  }

  async oldestPending(): Promise<Date | undefined> {
    const [oldest] = await boundedMongoOperation((signal) =>
      this.documents
        .find({ pendingAt: { $gte: EVER } }, { pendingAt: 1 }, majorityRead(signal))
        .sort({ pendingAt: 1 })
        .limit(1)
        .lean<{ pendingAt: Date }[]>()
        .exec(),
    );
    return oldest?.pendingAt;
  }

  async settle({ keyId, version }: PendingEvents<E>): Promise<void> {
    const { matchedCount } = await boundedMongoOperation((signal) =>
      this.documents.updateOne(
        { _id: keyId, version },
        { $unset: { pending: 1, pendingAt: 1 } },
        durableWrite(signal),
      ),
    );
    if (matchedCount === 1) return;
    // The record has changed in the meantime: its newer events and `pendingAt` stay.
    await boundedMongoOperation((signal) =>
      this.documents.updateOne(
        { _id: keyId },
        { $pull: { pending: { version: { $lte: version } } } },
        durableWrite(signal),
      ),
    );
  }
}

/** The events that wait in the documents of their keys. */
export class MongoKeyOutbox extends MongoOutbox<KeyEvent> implements KeyOutbox {
  constructor(private readonly model: Model<ApiKeyDocument>) {
    super(model, (keyId, event) => ({ ...event, id: changeEventId(keyId, event.version), keyId }));
  }

  async expiring(
    after: Date,
    until: Date,
    limit: number,
    behind?: ExpiryPosition,
  ): Promise<readonly ApiKey[]> {
    const equal =
      behind === undefined
        ? []
        : await this.soonest({ expiresAt: behind.expiresAt, _id: { $gt: behind.id } }, { _id: 1 }, limit);
    if (equal.length === limit) return equal;
    const start = behind?.expiresAt ?? after;
    const range = { expiresAt: { $gt: start, $lte: until } };
    const later = await this.soonest(range, { expiresAt: 1, _id: 1 }, limit - equal.length);
    return [...equal, ...later];
  }

  private async soonest(
    filter: object,
    sorting: Readonly<Record<string, 1>>,
    limit: number,
  ): Promise<readonly ApiKey[]> {
    const found = await boundedMongoOperation((signal) =>
      this.model
        .find(filter, KEY_FIELDS, { ...majorityRead(signal), sort: sorting })
        .limit(limit)
        .lean<StoredKey[]>()
        .exec(),
    );
    return found.map((key) => withLimits(withId(key)));
  }
}

/** Returns the fields that store the event of a change in the same write as the change. */
export function withPending(key: ApiKeyWithHistory): {
  readonly pending: StoredPendingEvent;
  readonly pendingAt: Date;
} {
  const { id: _id, keyId: _keyId, ...event } = changeEventOf(key);
  return { pending: event, pendingAt: event.at };
}
