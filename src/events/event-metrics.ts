import { gaugeOf } from '../common/shared-metric';

/**
 * Metrics of events. Only the instance that holds the lease sets these gauges, so query their maximum over all
 * instances.
 */
export const eventMetrics = {
  outboxAge: gaugeOf(
    'keyward_event_outbox_oldest_seconds',
    'Age of the oldest event that is not yet in the event store, in seconds.',
  ),
  queueAge: gaugeOf(
    'keyward_webhook_queue_oldest_seconds',
    'How long the most overdue webhook delivery is overdue, in seconds.',
  ),
} as const;
