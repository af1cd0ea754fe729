import type { Counter } from 'prom-client';
import { prometheus, sharedMetric } from './shared-metric';

/** The value of a counter. It only increases. */
export interface Tally {
  value: number;
}

/** A global symbol, because all copies of this package in a process share the registry of `prom-client`. */
const TALLIES = Symbol.for('keyward:tallies');

type CounterOptions = { readonly name: string; readonly help: string; readonly labelNames: string[] };

type TallyCounter = Counter & { readonly [TALLIES]: Map<string, Tally> };

/**
 * Returns a counter for hot paths. Callers increase a plain number, which Prometheus collects on each scrape. The
 * labels are fixed in advance, so requests cannot create new ones. The counter is exported with the value 0 until its
 * first increase. It is not exported if `prom-client` is not installed.
 *
 * @example
 * const hits = tallyOf('keyward_cache_total', 'Lookups in the cache.', { result: 'hit' });
 * hits.value += 1;
 */
export function tallyOf(name: string, help: string, labels: Readonly<Record<string, string>>): Tally {
  if (prometheus === undefined) return { value: 0 };
  const labelNames = Object.keys(labels);
  const { [TALLIES]: tallies } = sharedMetric(prometheus, name, (client) =>
    newCounter(client, { name, help, labelNames }),
  );
  const key = JSON.stringify(labels);
  const tally = tallies.get(key) ?? { value: 0 };
  tallies.set(key, tally);
  return tally;
}

function newCounter(client: NonNullable<typeof prometheus>, options: CounterOptions): TallyCounter {
  const tallies = new Map<string, Tally>();
  const counter = new client.Counter({
    ...options,
    collect() {
      this.reset();
      for (const [labels, { value }] of tallies)
        this.inc(JSON.parse(labels) as Record<string, string>, value);
    },
  });
  return Object.assign(counter, { [TALLIES]: tallies });
}
