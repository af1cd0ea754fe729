import { Injectable } from '@nestjs/common';
import { Gauge, register } from 'prom-client';
import { HealthContributors, type HealthStatus } from './health-contributors';

const METRIC = 'keyward_part_health';
const WORTH: Readonly<Record<HealthStatus, number>> = { up: 1, degraded: 0.5, down: 0 };

/** Exports the health of the parts to Prometheus, with the same results as the readiness probe. */
@Injectable()
export class HealthMetric {
  readonly gauge: Gauge<'part'>;

  constructor(contributors: HealthContributors) {
    // The newest service of a process exports the metric. Tests start several.
    register.removeSingleMetric(METRIC);
    this.gauge = new Gauge({
      name: METRIC,
      help: 'Health of a part of the service: 1 up, 0.5 degraded, 0 down.',
      labelNames: ['part'],
      async collect() {
        for (const [part, { status }] of Object.entries(await contributors.check())) {
          this.set({ part }, WORTH[status]);
        }
      },
    });
  }
}
