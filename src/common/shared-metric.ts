import { Counter, Gauge, type Metric, register } from 'prom-client';

/**
 * Returns the metric with this name, and creates it on the first call. Several modules of a process share prom-client's
 * register, which accepts each name only once.
 *
 * @example const outages = sharedMetric('keyward_x_total', () => new Counter({ name: 'keyward_x_total', help: '…' }));
 */
export function sharedMetric<T extends Metric>(name: string, make: () => T): T {
  return (register.getSingleMetric(name) as T | undefined) ?? make();
}

/**
 * Returns the counter of this process with this name.
 *
 * @param labels at most one label with its values. The counter starts at 0 for each value, so that Prometheus sees the first
 *   event as an increase.
 */
export function counterOf<L extends string = never>(
  name: string,
  help: string,
  labels: Readonly<Record<L, readonly string[]>> = {} as Record<L, readonly string[]>,
): Counter<L> {
  const labelNames = Object.keys(labels) as L[];
  const counter = sharedMetric(name, () => new Counter({ name, help, labelNames }));
  for (const label of labelNames) {
    for (const value of labels[label]) counter.inc({ [label]: value } as Record<L, string>, 0);
  }
  return counter;
}

/** Returns the gauge of this process with this name. */
export function gaugeOf(name: string, help: string): Gauge {
  return sharedMetric(name, () => new Gauge({ name, help }));
}
