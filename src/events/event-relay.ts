import type { Clock } from '../api-keys/ports/clock';
import { dueNotice } from '../api-keys/domain/expiry-notice';
import type { AuditEvent } from '../api-keys/domain/key-event';
import { isImportedKeyId } from '../api-keys/domain/key-id';
import type { ApiKeyRepository } from '../api-keys/storage/api-key.repository';
import type { Outbox, PendingEvents } from '../api-keys/ports/outbox';
import { inParallel } from '../common/in-parallel';
import type { KeyEventPublisher } from './key-event.publisher';

const BATCH = 100;
const WIDTH = 10;

/** Fields whose change can make an expiry notice due for a key that the expiry watch has already checked. */
const REASONS_TO_LOOK: ReadonlySet<string> = new Set(['expiresAt', 'enabled']);

/** Stores an event. Resolves to `true` if the event is new. */
export type RecordEvent = (event: AuditEvent) => Promise<boolean>;

/**
 * Copies the events of keys, or of policies, to the event store. It can be interrupted and restarted at any point, and several instances
 * can run it at once, because storing an event twice has no effect.
 */
export class EventRelay {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly outbox: Outbox<AuditEvent>,
    private readonly record: RecordEvent,
    private readonly publisher: KeyEventPublisher,
    private readonly clock: Clock,
  ) {}

  /**
   * Copies all waiting events.
   *
   * @param mayGoOn called before each record; `false` stops the relay
   * @returns whether any events were waiting
   */
  async relay(mayGoOn: () => boolean): Promise<boolean> {
    for (let rounds = 0; ; rounds += 1) {
      const batch = await this.outbox.pending(BATCH);
      await inParallel(batch, WIDTH, async (waiting) => {
        if (mayGoOn()) await this.pass(waiting);
      });
      if (batch.length < BATCH || !mayGoOn()) return rounds > 0 || batch.length > 0;
    }
  }

  private async pass(waiting: PendingEvents<AuditEvent>): Promise<void> {
    for (const event of waiting.events) await this.record(event);
    if (waiting.events.some(mayMakeDue)) await this.notify(waiting.keyId);
    await this.outbox.settle(waiting);
  }

  private async notify(keyId: string): Promise<void> {
    const key = await this.keys.find(keyId);
    const notice = key === null ? undefined : dueNotice(key, this.clock.now());
    if (notice !== undefined && (await this.record(notice))) this.publisher.tell(notice);
  }
}

function mayMakeDue({ type, keyId, fields }: AuditEvent): boolean {
  const isOld = type === 'api-key.created' && isImportedKeyId(keyId);
  return isOld || fields.some((field) => REASONS_TO_LOOK.has(field));
}
