import { gaugeOf } from '../common/shared-metric';

/** Metrics of events. Only the instance that holds the lease fills these gauges: take their maximum. */
export const eventMetrics = {
  outboxAge: gaugeOf(
    'keyward_event_outbox_oldest_seconds',
    'How long the oldest event waits to be passed on to the event store.',
  ),
  queueAge: gaugeOf(
    'keyward_webhook_queue_oldest_seconds',
    'How long the delivery that is due longest is overdue.',
  ),
} as const;
