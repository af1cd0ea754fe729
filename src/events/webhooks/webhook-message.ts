import { Webhook } from 'standardwebhooks';
import type { AuditEvent } from '../../api-keys/domain/key-event';
import { EventDataDto } from '../dto/event.dto';

/** A message in the format of Standard Webhooks. */
export interface WebhookMessage {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Returns the message of an event, signed with each secret.
 *
 * @param now the time of sending, because receivers reject messages that are several minutes old
 */
export function messageOf(event: AuditEvent, secrets: readonly string[], now: Date): WebhookMessage {
  const body = JSON.stringify({
    type: event.type,
    timestamp: event.at.toISOString(),
    data: EventDataDto.of(event),
  });
  return {
    body,
    headers: {
      'webhook-id': event.id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(event.id, now, body)).join(' '),
    },
  };
}
