import { Counter } from 'prom-client';
import { sharedMetric } from './shared-metric';

/** A number that increases. */
export interface Tally {
  value: number;
}

/** A global symbol, because all copies of this package in a process share the register. */
const TALLIES = Symbol.for('keyward:tallies');

type TallyCounter = Counter & { readonly [TALLIES]: Map<string, Tally> };

/**
 * Returns a counter for hot paths: a plain number to increase, which Prometheus collects on each scrape. The labels are fixed
 * in advance, so no request can create new ones. The counter is visible from the start, at 0.
 *
 * @example
 * const hits = tallyOf('keyward_cache_total', 'Lookups in the cache.', { result: 'hit' });
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
