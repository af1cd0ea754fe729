import type { ApiKey } from '../domain/api-key';
import type { AuditEvent, KeyEvent } from '../domain/key-event';
import type { Outbox, PendingEvents } from '../ports/outbox';
import type { ExpiryPosition, KeyOutbox } from './key-outbox';

/** The waiting events of one kind of record in the memory of this process. */
export class MemoryOutbox<E extends AuditEvent> implements Outbox<E> {
  private readonly waiting = new Map<string, readonly E[]>();

  /** Adds the event of the newest change of a record. */
  push(event: E): void {
    this.waiting.set(event.keyId, [...(this.waiting.get(event.keyId) ?? []), event]);
  }

  async pending(limit: number): Promise<readonly PendingEvents<E>[]> {
    return [...this.waiting]
      .toSorted(([, [one]], [, [other]]) => timeOf(one) - timeOf(other))
      .slice(0, limit)
      .map(([keyId, events]) => ({ keyId, version: events.at(-1)?.version ?? 0, events }));
  }

  async oldestPending(): Promise<Date | undefined> {
    const [oldest] = await this.pending(1);
    return oldest?.events[0]?.at;
  }

  async settle({ keyId, version }: PendingEvents<E>): Promise<void> {
    const left = (this.waiting.get(keyId) ?? []).filter((event) => event.version > version);
    if (left.length === 0) this.waiting.delete(keyId);
    else this.waiting.set(keyId, left);
  }
}

/** The events of keys in the memory of this process. */
export class MemoryKeyOutbox extends MemoryOutbox<KeyEvent> implements KeyOutbox {
  /** @param keys a function that returns copies of all keys */
  constructor(private readonly keys: () => readonly ApiKey[]) {
    super();
  }

  async expiring(
    after: Date,
    until: Date,
    limit: number,
    behind: ExpiryPosition = { expiresAt: after, id: '~' },
  ): Promise<readonly ApiKey[]> {
    return this.keys()
      .filter(
        (key) =>
          key.expiresAt !== undefined &&
          key.expiresAt.getTime() <= until.getTime() &&
          order(key) > order(behind),
      )
      .toSorted((one, other) => (order(one) < order(other) ? -1 : 1))
      .slice(0, limit);
  }
}

/** Returns a text that sorts by expiry, then by id. */
function order({ expiresAt, id }: Pick<ApiKey, 'expiresAt' | 'id'>): string {
  return `${timeText(expiresAt)} ${id}`;
}

function timeOf(event: AuditEvent | undefined): number {
  return event?.at.getTime() ?? 0;
}

function timeText(moment: Date | undefined): string {
  return String(moment?.getTime() ?? 0).padStart(15, '0');
}
