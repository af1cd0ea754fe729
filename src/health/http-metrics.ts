import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Histogram, register } from 'prom-client';
import { sharedMetric } from '../common/shared-metric';

const METRIC = 'keyward_http_request_duration_seconds';
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** A metric that every set of default ones has, to tell whether they are there. */
const A_DEFAULT_METRIC = 'process_cpu_seconds_total';

const METHODS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

type Labels = 'method' | 'route' | 'status';

/** How long answers take, by what was asked for. Clients choose no label: only routes that are served have a name. */
@Injectable()
export class HttpMetrics {
  private readonly durations = sharedMetric(
    METRIC,
    () =>
      new Histogram<Labels>({
        name: METRIC,
        help: 'How long requests took, in seconds, by method, route template and class of status.',
        labelNames: ['method', 'route', 'status'],
        buckets: BUCKETS,
      }),
  );

  constructor() {
    if (register.getSingleMetric(A_DEFAULT_METRIC) === undefined) collectDefaultMetrics();
  }

  /** @param route the template of the route; `undefined` where no route was found */
  observe(method: string, route: string | undefined, status: number, seconds: number): void {
    this.durations.observe(
      {
        method: METHODS.has(method) ? method : 'other',
        route: route ?? 'unknown',
        status: `${Math.trunc(status / 100)}xx`,
      },
      seconds,
    );
  }
}
