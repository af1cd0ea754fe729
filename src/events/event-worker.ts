import { reasonOf } from '../common/reason';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  Optional,
} from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../api-keys/options/api-keys.options';
import { type Clock, CLOCK } from '../api-keys/ports/clock';
import type { ApiKeyWithHistory } from '../api-keys/domain/api-key';
import { type AuditEvent, changeEventOf, type PolicyEvent, positionAt } from '../api-keys/domain/key-event';
import type { KeyChangeListener } from '../api-keys/ports/key-change.listener';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../api-keys/storage/api-key.repository';
import { EVENT_REPOSITORY, type EventRepository } from '../api-keys/ports/event.repository';
import { type Outbox, POLICY_OUTBOX, type PolicyChangeListener } from '../api-keys/ports/outbox';
import type { KeyOutbox } from '../api-keys/storage/key-outbox';
import { eventMetrics } from './event-metrics';
import { EventRelay, type RecordEvent } from './event-relay';
import { ExpiryWatch } from './expiry-watch';
import { KeyEventPublisher } from './key-event.publisher';
import { Lease, LEASE_MS } from './lease';
import { Loop } from '../common/loop';
import { WebhookClient } from './webhooks/webhook-client';
import { WebhookDelivery } from './webhooks/webhook-delivery';

/** How long events are kept by default, in days. */
const DEFAULT_RETENTION_DAYS = 365;

const DAY_MS = 86_400_000;
const RENEW_MS = LEASE_MS / 4;
const POLL_MS = 1000;
const HOUSEKEEPING_MS = 60_000;
const PRUNE_BATCH = 1000;

/**
 * Processes events in the background, in one instance at a time. It copies them to the event store, delivers webhooks,
 * sends expiry notices, and deletes old events.
 */
@Injectable()
export class EventWorker
  implements KeyChangeListener, PolicyChangeListener, OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger('Events');
  private readonly stopping = new AbortController();
  private loops: readonly Loop[] = [];
  private lease: Lease | undefined;
  private relaying: Loop | undefined;

  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly keys: ApiKeyRepository,
    @Inject(EVENT_REPOSITORY) private readonly events: EventRepository | null,
    @Inject(API_KEYS_OPTIONS) private readonly options: ApiKeysOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly publisher: KeyEventPublisher,
    @Optional() @Inject(POLICY_OUTBOX) private readonly policies?: Outbox<PolicyEvent>,
  ) {}

  onApplicationBootstrap(): void {
    if (this.events === null || this.keys.outbox === undefined) {
      this.logger.warn(
        'no audit trail and no webhooks: the key store has no outbox, or there is no event store',
      );
      return;
    }
    this.start(this.keys.outbox, this.events);
  }

  /** Notifies listeners in this process of a change, and wakes the relay that copies its event. */
  changed(key: ApiKeyWithHistory): void {
    this.happened(changeEventOf(key));
  }

  /** Notifies listeners in this process of an event, and wakes the relay that copies it. */
  happened(event: AuditEvent): void {
    this.publisher.tell(event);
    this.relaying?.wake();
  }

  /** Stops all work. Unprocessed events remain in the store for the next instance. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    const ended = await Promise.all(this.loops.map(async (loop) => loop.stop()));
    if (ended.includes(false))
      this.logger.warn(
        'event processing did not stop in time; another instance or the next start continues it',
      );
    await this.lease?.release().catch(() => undefined);
  }

  private start(outbox: KeyOutbox, events: EventRepository): void {
    const { webhook } = this.options.events ?? {};
    const lease = new Lease(events.leases, 'events');
    const holds = (): boolean => lease.isHeld && !this.stopping.signal.aborted;
    const record: RecordEvent = async (event) =>
      events.add(event, webhook === undefined ? undefined : this.clock.now());
    const outboxes = this.policies === undefined ? [outbox] : [outbox, this.policies];
    const relays = outboxes.map(
      (each) => new EventRelay(this.keys, each, record, this.publisher, this.clock),
    );
    const notices = new ExpiryWatch(outbox, record, this.publisher, this.clock);
    const delivery =
      webhook && new WebhookDelivery(events, new WebhookClient(webhook), webhook.secrets, this.clock);

    const delivering = this.loop(POLL_MS, async () => {
      if (holds()) await delivery?.deliver(holds, this.stopping.signal);
    });
    // Its own loop, because these metrics matter most when the others fail or wait for a slow receiver.
    const measuring = this.loop(POLL_MS, async () => {
      // Only the instance that holds the lease reports ages.
      const waiting = holds() ? await Promise.all(outboxes.map(async (each) => each.oldestPending())) : [];
      eventMetrics.outboxAge.set(Math.max(...waiting.map((moment) => this.ageOf(moment)), 0));
      const [oldest] = holds() ? await events.due(this.clock.now(), 1) : [];
      eventMetrics.queueAge.set(this.ageOf(oldest?.deliverAt));
    });
    const relaying = this.loop(POLL_MS, async () => {
      // All settle, so that an event that cannot be stored does not stop the other outbox.
      const relayed = await Promise.allSettled(relays.map(async (each) => holds() && each.relay(holds)));
      if (relayed.some((each) => each.status === 'fulfilled' && each.value)) delivering.wake();
      const failed = relayed.find((each) => each.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    });
    const housekeeping = this.loop(HOUSEKEEPING_MS, async () => {
      if (!holds()) return;
      try {
        lease.progress = await notices.look(lease.progress, holds);
      } finally {
        await this.prune(events, holds);
      }
    });
    const renewing = this.loop(RENEW_MS, async () => {
      const wasHeld = lease.isHeld;
      if ((await lease.renew()) && !wasHeld)
        for (const loop of [relaying, delivering, housekeeping]) loop.wake();
    });
    this.lease = lease;
    this.loops = [renewing, relaying, delivering, measuring, housekeeping];
    this.relaying = relaying;
    for (const loop of this.loops) loop.start();
  }

  private loop(restMs: number, work: () => Promise<void>): Loop {
    let isFailing = false;
    const watched = async (): Promise<void> => {
      await work();
      isFailing = false;
    };
    return new Loop(restMs, watched, (error) => {
      if (this.stopping.signal.aborted || isFailing) return;
      isFailing = true;
      this.logger.warn(`event processing failed and will be retried: ${reasonOf(error)}`);
    });
  }

  private async prune(events: EventRepository, mayGoOn: () => boolean): Promise<void> {
    const days = this.options.events?.retentionDays ?? DEFAULT_RETENTION_DAYS;
    const before = positionAt(new Date(this.clock.now().getTime() - days * DAY_MS));
    let removed = PRUNE_BATCH;
    while (removed === PRUNE_BATCH && mayGoOn()) removed = await events.prune(before, PRUNE_BATCH);
  }

  private ageOf(moment: Date | undefined): number {
    return moment === undefined ? 0 : Math.max(0, (this.clock.now().getTime() - moment.getTime()) / 1000);
  }
}
