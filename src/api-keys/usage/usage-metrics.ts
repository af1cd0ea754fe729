import { Counter, Gauge } from 'prom-client';
import { sharedMetric } from '../../common/shared-metric';

/** Why uses are missing in the counts. */
export type DropReason = 'full' | 'unknown' | 'shutdown';

/** What became of a flush. */
export type FlushOutcome = 'written' | 'kept' | 'unknown';

const BACKLOG = 'keyward_usage_backlog';
const DROPPED = 'keyward_usage_dropped_total';
const FLUSHES = 'keyward_usage_flushes_total';

const REASONS: readonly DropReason[] = ['full', 'unknown', 'shutdown'];
const OUTCOMES: readonly FlushOutcome[] = ['written', 'kept', 'unknown'];

/** The metrics of the usage recorder, told from the start. None has a key for a label. */
export function usageMetrics(): {
  readonly backlog: Gauge;
  readonly dropped: Counter<'reason'>;
  readonly flushes: Counter<'outcome'>;
} {
  const backlog = sharedMetric(
    BACKLOG,
    () => new Gauge({ name: BACKLOG, help: 'Usage counts (of a key in an hour) that wait to be stored.' }),
  );
  const dropped = sharedMetric(
    DROPPED,
    () =>
      new Counter({
        name: DROPPED,
        help: 'Verifications that may be missing in the usage counts.',
        labelNames: ['reason'],
      }),
  );
  const flushes = sharedMetric(
    FLUSHES,
    () => new Counter({ name: FLUSHES, help: 'Flushes of usage counts.', labelNames: ['outcome'] }),
  );
  for (const reason of REASONS) dropped.inc({ reason }, 0);
  for (const outcome of OUTCOMES) flushes.inc({ outcome }, 0);
  return { backlog, dropped, flushes };
}
