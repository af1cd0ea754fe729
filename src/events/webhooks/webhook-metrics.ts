import { counterOf, gaugeOf } from '../../common/shared-metric';

/** Metrics of deliveries. Only the instance that holds the lease counts them. */
export const webhookMetrics = {
  deliveries: counterOf('keyward_webhook_deliveries_total', 'Tries of webhook deliveries.', {
    outcome: ['delivered', 'failed', 'gone'],
  }),
  deadLetters: counterOf('keyward_webhook_dead_letters_total', 'Webhooks given up after the last try.'),
  endpointGone: gaugeOf('keyward_webhook_endpoint_gone', '1 after the receiver answered 410, else 0.'),
} as const;
