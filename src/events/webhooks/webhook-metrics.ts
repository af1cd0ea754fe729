import { counterOf, gaugeOf } from '../../common/shared-metric';

/** Metrics of webhook deliveries. Only the instance that holds the lease delivers, so only its values change. */
export const webhookMetrics = {
  deliveries: counterOf('keyward_webhook_deliveries_total', 'Attempts to deliver webhooks.', {
    outcome: ['delivered', 'failed', 'gone'],
  }),
  deadLetters: counterOf('keyward_webhook_dead_letters_total', 'Webhooks given up after the last attempt.'),
  endpointGone: gaugeOf('keyward_webhook_endpoint_gone', '1 after the receiver answered 410, otherwise 0.'),
} as const;
