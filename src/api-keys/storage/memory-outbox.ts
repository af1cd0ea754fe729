import type { ApiKey, ApiKeyWithHistory } from '../domain/api-key';
import { changeEventOf, type KeyEvent } from '../domain/key-event';
import type { ExpiryPosition, KeyOutbox, PendingEvents } from './key-outbox';

/** The events of keys in the memory of this process. */
export class MemoryKeyOutbox implements KeyOutbox {
  private readonly waiting = new Map<string, readonly KeyEvent[]>();

  /** @param keys a function that returns copies of all keys */
  constructor(private readonly keys: () => readonly ApiKey[]) {}

  /** Adds the event of the newest change of a record. */
  push(key: ApiKeyWithHistory): void {
    this.waiting.set(key.id, [...(this.waiting.get(key.id) ?? []), changeEventOf(key)]);
  }

  async pending(limit: number): Promise<readonly PendingEvents[]> {
    return [...this.waiting]
      .toSorted(([, [one]], [, [other]]) => timeOf(one) - timeOf(other))
      .slice(0, limit)
      .map(([keyId, events]) => ({ keyId, version: events.at(-1)?.version ?? 0, events }));
  }

  async oldestPending(): Promise<Date | undefined> {
    const [oldest] = await this.pending(1);
    return oldest?.events[0]?.at;
  }

  async settle({ keyId, version }: PendingEvents): Promise<void> {
    const left = (this.waiting.get(keyId) ?? []).filter((event) => event.version > version);
    if (left.length === 0) this.waiting.delete(keyId);
    else this.waiting.set(keyId, left);
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

function timeOf(event: KeyEvent | undefined): number {
  return event?.at.getTime() ?? 0;
}

function timeText(moment: Date | undefined): string {
  return String(moment?.getTime() ?? 0).padStart(15, '0');
}
