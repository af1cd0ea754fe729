import { counterOf, gaugeOf, type SharedCounter, type SharedGauge } from '../../common/shared-metric';

/** Returns the metrics of the usage recorder. No metric has a label with a key id. */
export function usageMetrics(): {
  readonly backlog: SharedGauge;
  readonly dropped: SharedCounter<'reason'>;
  readonly flushes: SharedCounter<'outcome'>;
} {
  return {
    backlog: gaugeOf(
      'keyward_usage_backlog',
      'Usage counts, one per key, hour, organisation and owner, that wait to be stored.',
    ),
    dropped: counterOf(
      'keyward_usage_dropped_total',
      'Verifications that may be missing in the usage counts.',
      { reason: ['full', 'unknown', 'shutdown'] },
    ),
    flushes: counterOf('keyward_usage_flushes_total', 'Flushes of usage counts.', {
      outcome: ['written', 'kept', 'unknown'],
    }),
  };
}
