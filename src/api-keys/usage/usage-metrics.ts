import { Counter, Gauge } from 'prom-client';
import { sharedMetric } from '../../metrics/shared-metric';

/** Why uses are missing in the counts. */
export type DropReason = 'full' | 'unknown' | 'shutdown';

/** What became of a flush. */
export type FlushOutcome = 'written' | 'kept' | 'unknown';

const BACKLOG = 'keyward_usage_backlog';
const DROPPED = 'keyward_usage_dropped_total';
const FLUSHES = 'keyward_usage_flushes_total';

/** The metrics of the usage recorder. None has a key for a label. */
export function usageMetrics(): {
  readonly backlog: Gauge;
  readonly dropped: Counter<'reason'>;
  readonly flushes: Counter<'outcome'>;
} {
  return {
    backlog: sharedMetric(
      BACKLOG,
      () => new Gauge({ name: BACKLOG, help: 'Usage counts (of a key in an hour) that wait to be stored.' }),
    ),
    dropped: sharedMetric(
      DROPPED,
      () =>
        new Counter({
          name: DROPPED,
          help: 'Verifications that may be missing in the usage counts.',
          labelNames: ['reason'],
        }),
    ),
    flushes: sharedMetric(
      FLUSHES,
      () => new Counter({ name: FLUSHES, help: 'Flushes of usage counts.', labelNames: ['outcome'] }),
    ),
  };
}
