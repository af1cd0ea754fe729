import { assertVolatilePermit, type VolatileStoragePermit } from '../../config/storage.config';
import { type KeyEvent, positionOf } from '../domain/key-event';
import type { EventQuery, EventRepository, QueuedEvent, RecordedEvent } from './event.repository';
import { MemoryLeaseRepository } from './memory-lease.repository';

interface Kept extends RecordedEvent {
  readonly position: string;
  readonly deliverAt?: Date | undefined;
  readonly attempts?: number | undefined;
}

/** Keeps events in this process and forgets them with it. For development and tests, and nowhere else. */
export class MemoryEventRepository implements EventRepository {
  readonly durability = 'volatile';
  readonly leases = new MemoryLeaseRepository();
  private readonly events = new Map<string, Kept>();

  /** @throws ConfigurationError without a permit of `StorageConfig` */
  constructor(permit: VolatileStoragePermit) {
    assertVolatilePermit(permit);
  }

  async prepare(): Promise<void> {}

  async add(event: KeyEvent, deliverAt?: Date): Promise<boolean> {
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
    return this.queued(({ deliverAt }) => deliverAt.getTime() <= now.getTime(), limit);
  }

  async queuedOf(keyId: string, limit: number): Promise<readonly QueuedEvent[]> {
    return this.queued((event) => event.keyId === keyId, limit);
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

  private queued(wanted: (event: QueuedEvent) => boolean, limit: number): readonly QueuedEvent[] {
    return [...this.events.values()]
      .flatMap(({ position: _position, delivery: _delivery, deliverAt, attempts, ...event }) =>
        deliverAt === undefined || attempts === undefined ? [] : [{ ...event, deliverAt, attempts }],
      )
      .filter(wanted)
      .toSorted((one, other) => one.deliverAt.getTime() - other.deliverAt.getTime())
      .slice(0, limit);
  }

  private update({ id, attempts }: QueuedEvent, change: Partial<Kept>): void {
    const kept = this.events.get(id);
    if (kept !== undefined && kept.attempts === attempts) this.events.set(id, { ...kept, ...change });
  }
}
