import type { Counter, Gauge, Metric } from 'prom-client';
import { ifInstalled } from './if-installed';

type Prometheus = typeof import('prom-client');

/** The package `prom-client`, or `undefined` if it is not installed. Without it, no metrics are collected. */
export const prometheus = ifInstalled('prom-client', () => require('prom-client') as Prometheus);

/** The part of a counter that Keyward uses. */
export type SharedCounter<L extends string = never> = Pick<Counter<L>, 'inc' | 'labels'>;

/** The part of a gauge that Keyward uses. */
export type SharedGauge = Pick<Gauge, 'inc' | 'set'>;

/**
 * Returns the metric with this name, and creates it on the first call. All modules of a process share the registry of
 * `prom-client`, which accepts each name only once.
 *
 * @example const requests = sharedMetric(prometheus, 'keyward_x', ({ Histogram }) => new Histogram({ name: 'keyward_x', help: '…' }));
 */
export function sharedMetric<T extends Metric>(
  client: Prometheus,
  name: string,
  make: (client: Prometheus) => T,
): T {
  return (client.register.getSingleMetric(name) as T | undefined) ?? make(client);
}

/**
 * Returns the counter of this process with this name. The counter does nothing if `prom-client` is not installed.
 *
 * @param labels at most one label, with all its values. The counter starts at 0 for each value, so that Prometheus sees
 *   the first event as an increase.
 */
export function counterOf<L extends string = never>(
  name: string,
  help: string,
  labels: Readonly<Record<L, readonly string[]>> = {} as Record<L, readonly string[]>,
): SharedCounter<L> {
  if (prometheus === undefined) return { inc: ignore, labels: () => ({ inc: ignore }) };
  const labelNames = Object.keys(labels) as L[];
  const counter = sharedMetric(prometheus, name, ({ Counter }) => new Counter({ name, help, labelNames }));
  for (const label of labelNames) {
    for (const value of labels[label]) counter.inc({ [label]: value } as Record<L, string>, 0);
  }
  return counter;
}

/** Returns the gauge of this process with this name. The gauge does nothing if `prom-client` is not installed. */
export function gaugeOf(name: string, help: string): SharedGauge {
  if (prometheus === undefined) return { inc: ignore, set: ignore };
  return sharedMetric(prometheus, name, ({ Gauge }) => new Gauge({ name, help }));
}

function ignore(): void {
  // There is no metric.
}
