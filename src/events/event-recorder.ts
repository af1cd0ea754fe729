import type { Clock } from '../api-keys/ports/clock';
import type { KeyEvent } from '../api-keys/domain/key-event';
import type { EventRepository } from '../api-keys/ports/event.repository';

/** Puts events into the store, for delivery too where there is a webhook. */
export class EventRecorder {
  constructor(
    private readonly events: EventRepository,
    private readonly clock: Clock,
    private readonly delivers: boolean,
  ) {}

  /** @returns whether the event is new */
  async record(event: KeyEvent): Promise<boolean> {
    return this.events.add(event, this.delivers ? this.clock.now() : undefined);
  }
}
