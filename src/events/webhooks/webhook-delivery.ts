import { Logger } from '@nestjs/common';
import type { Clock } from '../../api-keys/ports/clock';
import { byVersion } from '../../api-keys/domain/key-event';
import type { EventRepository, QueuedEvent } from '../../api-keys/ports/event.repository';
import { inParallel } from '../../common/in-parallel';
import { DeliveryTurns } from './delivery-turns';
import { retryAfterSeconds, retryDelayMs, TRIES_IN_ORDER } from './retry-schedule';
import type { WebhookAnswer, WebhookClient } from './webhook-client';
import { messageOf } from './webhook-message';
import { webhookMetrics } from './webhook-metrics';

const WIDTH = 4;
/** The maximum number of events of a key in one turn. */
const EVENTS = 10;
const MAX_PAUSE_MS = 60_000;
const GONE = 410;

/**
 * Delivers the events that are due, each at least once. Events of one key are delivered in order, unless one of them
 * keeps failing (decision record 0032). Organisations and their keys take turns (decision record 0046). The delivery
 * can be interrupted at any point. Events that are not recorded as delivered are sent again.
 */
export class WebhookDelivery {
  private readonly logger = new Logger('Webhooks');
  private readonly turns: DeliveryTurns;
  private pausedUntil = 0;
  private failuresInARow = 0;
  private isGone = false;

  constructor(
    private readonly events: EventRepository,
    private readonly client: WebhookClient,
    private readonly secrets: readonly string[],
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {
    this.turns = new DeliveryTurns(events);
    webhookMetrics.endpointGone.set(0);
  }

  /**
   * Delivers all events that are due.
   *
   * @param mayGoOn called before each attempt; `false` stops the delivery
   * @param signal aborts the current attempt
   */
  async deliver(mayGoOn: () => boolean, signal: AbortSignal): Promise<void> {
    const goesOn = (): boolean => mayGoOn() && !signal.aborted && !this.isGone && !this.isPaused();
    for (let goOn = goesOn(); goOn;) {
      const keyIds = await this.turns.next(this.clock.now());
      await inParallel(keyIds, WIDTH, async (keyId) => this.deliverOf(keyId, goesOn, signal));
      goOn = keyIds.length > 0 && goesOn();
    }
  }

  private async deliverOf(keyId: string, goesOn: () => boolean, signal: AbortSignal): Promise<void> {
    if (!goesOn()) return;
    const now = this.clock.now();
    const due = await this.events.dueOf(keyId, now, EVENTS);
    const holder = await this.events.holderOf(keyId, now, TRIES_IN_ORDER);
    let heldUntil: Date | undefined;
    for (const event of due) {
      if (!goesOn()) return;
      if (holder !== undefined && byVersion(holder, event) < 0) heldUntil ??= holder.deliverAt;
      if (heldUntil !== undefined) await this.events.postpone(event, heldUntil, event.attempts);
      else heldUntil = await this.try(event, signal);
    }
  }

  /** @returns the time until which later events of the key wait for this one */
  private async try(event: QueuedEvent, signal: AbortSignal): Promise<Date | undefined> {
    const answer = await this.client.send(messageOf(event, this.secrets, this.clock.now()), signal);
    const { status = 0 } = answer;
    if (status >= 200 && status < 300) {
      this.failuresInARow = 0;
      webhookMetrics.deliveries.inc({ outcome: 'delivered' });
      await this.events.settle(event, 'delivered');
      return undefined;
    }
    if (status === GONE) {
      this.stopForGood();
      return undefined;
    }
    webhookMetrics.deliveries.inc({ outcome: 'failed' });
    return this.failed(event, answer);
  }

  private async failed(event: QueuedEvent, answer: WebhookAnswer): Promise<Date | undefined> {
    const now = this.clock.now();
    const asked = retryAfterSeconds(answer.retryAfter, now);
    const attempts = event.attempts + 1;
    const delay = retryDelayMs(attempts, this.random(), asked);
    const reason = answer.failure ?? `status ${answer.status}`;
    if (isOfTheReceiver(answer)) this.pause(now, asked);
    if (delay === undefined) {
      webhookMetrics.deadLetters.inc();
      this.logger.warn(
        `gave up event ${event.id} after ${attempts} attempts; the last one failed: ${reason}`,
      );
      await this.events.settle(event, 'dead');
      return undefined;
    }
    this.logger.debug(`attempt ${attempts} to deliver event ${event.id} failed: ${reason}`);
    const deliverAt = new Date(now.getTime() + delay);
    await this.events.postpone(event, deliverAt, attempts);
    return attempts < TRIES_IN_ORDER ? deliverAt : undefined;
  }

  /** Pauses the delivery to a failing receiver. The pause grows with each consecutive failure. */
  private pause(now: Date, askedSeconds = 0): void {
    if (this.isPaused()) return;
    this.failuresInARow += 1;
    const wait = Math.max(1000 * 2 ** Math.min(this.failuresInARow - 1, 6), askedSeconds * 1000);
    this.pausedUntil = now.getTime() + Math.min(wait, MAX_PAUSE_MS);
  }

  private isPaused(): boolean {
    const left = this.pausedUntil - this.clock.now().getTime();
    // After a clock rollback, the rest can be longer than the maximum pause.
    return left > 0 && left <= MAX_PAUSE_MS;
  }

  private stopForGood(): void {
    if (this.isGone) return;
    this.isGone = true;
    webhookMetrics.deliveries.inc({ outcome: 'gone' });
    webhookMetrics.endpointGone.set(1);
    this.logger.error(
      `${this.client.host} answered 410: this instance sends no more events there. Events stay queued; set WEBHOOK_URL to the new receiver and restart.`,
    );
  }
}

/** Returns whether a failure concerns the receiver as a whole, not only one message. */
function isOfTheReceiver({ status }: WebhookAnswer): boolean {
  return status === undefined || status === 429 || status >= 500;
}
