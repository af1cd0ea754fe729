import { assertVolatilePermit, type VolatileStoragePermit } from '../../config/storage.config';
import { type AuditEvent, byVersion, positionOf } from '../../api-keys/domain/key-event';
import type {
  EventQuery,
  EventRepository,
  LeaseRecord,
  LeaseRepository,
  QueuedEvent,
  RecordedEvent,
} from '../../api-keys/ports/event.repository';

interface Kept extends RecordedEvent {
  readonly position: string;
  readonly deliverAt?: Date | undefined;
  readonly attempts?: number | undefined;
}

type Waiting = Kept & QueuedEvent;

/** Stores events in memory until the process ends. It is for development and tests only. */
export class MemoryEventRepository implements EventRepository {
  readonly durability = 'volatile';
  readonly leases = new MemoryLeaseRepository();
  private readonly events = new Map<string, Kept>();

  /** @throws ConfigurationError without a permit from `StorageConfig` */
  constructor(permit: VolatileStoragePermit) {
    assertVolatilePermit(permit);
  }

  async prepare(): Promise<void> {}

  async add(event: AuditEvent, deliverAt?: Date): Promise<boolean> {
    if (this.events.has(event.id)) return false;
    const queue = deliverAt === undefined ? undefined : { deliverAt, attempts: 0 };
    const delivery = queue === undefined ? 'none' : 'pending';
    this.events.set(event.id, { ...event, position: positionOf(event), delivery, ...queue });
    return true;
  }

  async list({ from, before, limit, ...equal }: EventQuery): Promise<readonly RecordedEvent[]> {
    return [...this.events.values()]
      .filter(
        (event) =>
          Object.entries(equal).every(
            ([name, value]) => value === undefined || Reflect.get(event, name) === value,
          ) &&
          (from === undefined || event.position >= from) &&
          (before === undefined || event.position < before),
      )
      .toSorted((one, other) => (one.position < other.position ? 1 : -1))
      .slice(0, limit)
      .map(({ position: _position, deliverAt: _deliverAt, attempts: _attempts, ...event }) => event);
  }

  async due(now: Date, limit: number): Promise<readonly QueuedEvent[]> {
    return this.queued((event) => isDue(event, now))
      .toSorted((one, other) => one.deliverAt.getTime() - other.deliverAt.getTime())
      .slice(0, limit)
      .map(asQueued);
  }

  async dueOrganisations(
    now: Date,
    after: string | null | undefined,
    limit: number,
  ): Promise<readonly (string | null)[]> {
    const ids = this.queued((event) => isDue(event, now)).map(({ orgId }) => orgId ?? null);
    const none = after === undefined && ids.includes(null) ? [null] : [];
    return [...none, ...inOrderAfter(ids, after ?? undefined)].slice(0, limit);
  }

  async dueKeys(
    orgId: string | null,
    now: Date,
    after: string | undefined,
    limit: number,
  ): Promise<readonly string[]> {
    const due = this.queued((event) => (event.orgId ?? null) === orgId && isDue(event, now));
    const ids = due.map(({ keyId }) => keyId);
    return inOrderAfter(ids, after).slice(0, limit);
  }

  async dueOf(keyId: string, now: Date, limit: number): Promise<readonly QueuedEvent[]> {
    return this.queued((event) => event.keyId === keyId && isDue(event, now))
      .toSorted(byVersion)
      .slice(0, limit)
      .map(asQueued);
  }

  async holderOf(keyId: string, now: Date, attempts: number): Promise<QueuedEvent | undefined> {
    return this.queued((event) => event.keyId === keyId && event.attempts < attempts && !isDue(event, now))
      .toSorted(byVersion)
      .slice(0, 1)
      .map(asQueued)[0];
  }

  async postpone(event: QueuedEvent, deliverAt: Date, attempts: number): Promise<void> {
    this.update(event, { deliverAt, attempts });
  }

  async settle(event: QueuedEvent, delivery: 'delivered' | 'dead'): Promise<void> {
    this.update(event, { delivery, deliverAt: undefined, attempts: undefined });
  }

  async prune(before: string, limit: number): Promise<number> {
    const oldest = [...this.events.values()]
      .filter(({ position }) => position < before)
      .toSorted((one, other) => (one.position < other.position ? -1 : 1))
      .slice(0, limit);
    for (const { id } of oldest) this.events.delete(id);
    return oldest.length;
  }

  private queued(wanted: (event: Waiting) => boolean): readonly Waiting[] {
    return [...this.events.values()].filter(isWaiting).filter(wanted);
  }

  private update({ id, attempts }: QueuedEvent, change: Partial<Kept>): void {
    const kept = this.events.get(id);
    if (kept !== undefined && kept.attempts === attempts) this.events.set(id, { ...kept, ...change });
  }
}

function isWaiting(event: Kept): event is Waiting {
  return event.deliverAt !== undefined && event.attempts !== undefined;
}

function asQueued({ position: _position, delivery: _delivery, ...event }: Waiting): QueuedEvent {
  return event;
}

function isDue({ deliverAt }: QueuedEvent, now: Date): boolean {
  return deliverAt.getTime() <= now.getTime();
}

/** Returns the distinct ids that sort after `after`, in order. */
function inOrderAfter(ids: readonly (string | null)[], after: string | undefined): readonly string[] {
  const strings = [...new Set(ids)].filter((id) => id !== null);
  return strings.filter((id) => after === undefined || id > after).toSorted();
}

/** Stores leases in memory. */
export class MemoryLeaseRepository implements LeaseRepository {
  private readonly leases = new Map<string, LeaseRecord>();

  async read(name: string): Promise<LeaseRecord | null> {
    return this.leases.get(name) ?? null;
  }

  async write(name: string, next: LeaseRecord): Promise<boolean> {
    const before = this.leases.get(name);
    if ((before?.beat ?? 0) !== next.beat - 1) return false;
    this.leases.set(name, { progress: before?.progress, ...next });
    return true;
  }
}
