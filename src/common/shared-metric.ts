import { type Metric, register } from 'prom-client';

/**
 * A metric of this process, made at first need: several modules of one process share prom-client's register, which
 * takes each name once.
 *
 * @example const outages = sharedMetric('keyward_x_total', () => new Counter({ name: 'keyward_x_total', help: '…' }));
 */
export function sharedMetric<T extends Metric>(name: string, make: () => T): T {
  return (register.getSingleMetric(name) as T | undefined) ?? make();
}
