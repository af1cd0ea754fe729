import { Counter, Gauge } from 'prom-client';
import { sharedMetric } from '../common/shared-metric';

/** How one try of a delivery ended. */
export type DeliveryOutcome = 'delivered' | 'failed' | 'gone';

function counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
  return sharedMetric(name, () => new Counter({ name, help, labelNames }));
}

function gauge(name: string, help: string): Gauge {
  return sharedMetric(name, () => new Gauge({ name, help }));
}

/** What is measured about events. Only the instance that holds the lease fills the gauges: take their maximum. */
export const eventMetrics = {
  deliveries: counter<'outcome'>('keyward_webhook_deliveries_total', 'Tries of webhook deliveries.', [
    'outcome',
  ]),
  deadLetters: counter('keyward_webhook_dead_letters_total', 'Webhooks given up after the last try.', []),
  outboxAge: gauge(
    'keyward_event_outbox_oldest_seconds',
    'How long the oldest event waits to be passed on to the event store.',
  ),
  queueAge: gauge(
    'keyward_webhook_queue_oldest_seconds',
    'How long the delivery that is due longest is overdue.',
  ),
  endpointGone: gauge('keyward_webhook_endpoint_gone', '1 after the receiver answered 410, else 0.'),
} as const;

/** Told from the start, so that the first of each is seen as an increase. */
for (const outcome of ['delivered', 'failed', 'gone'] satisfies DeliveryOutcome[]) {
  eventMetrics.deliveries.inc({ outcome }, 0);
}
