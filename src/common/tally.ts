import { Counter } from 'prom-client';
import { sharedMetric } from './shared-metric';

/** One number that goes up. */
export interface Tally {
  value: number;
}

/** Known to every copy of this package in a process, as the register is. */
const TALLIES = Symbol.for('keyward:tallies');

type TallyCounter = Counter & { readonly [TALLIES]: Map<string, Tally> };

/**
 * A counter for hot paths: a plain number to add to, which Prometheus is told when it asks. The labels are fixed when
 * the tally is taken, so no request can make new ones; it is told from the start, at 0.
 *
 * @example
 * const hits = tallyOf('keyward_cache_total', 'Looks into the cache.', { result: 'hit' });
 * hits.value += 1;
 */
export function tallyOf(name: string, help: string, labels: Readonly<Record<string, string>>): Tally {
  const { [TALLIES]: tallies } = sharedMetric(name, () => newCounter(name, help, Object.keys(labels)));
  const key = JSON.stringify(labels);
  const tally = tallies.get(key) ?? { value: 0 };
  tallies.set(key, tally);
  return tally;
}

function newCounter(name: string, help: string, labelNames: readonly string[]): TallyCounter {
  const tallies = new Map<string, Tally>();
  const counter = new Counter({
    name,
    help,
    labelNames: [...labelNames],
    collect() {
      this.reset();
      for (const [labels, { value }] of tallies)
        this.inc(JSON.parse(labels) as Record<string, string>, value);
    },
  });
  return Object.assign(counter, { [TALLIES]: tallies });
}
