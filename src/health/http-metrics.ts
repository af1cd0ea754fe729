import { Injectable } from '@nestjs/common';
import * as prometheus from 'prom-client';
import { sharedMetric } from '../common/shared-metric';

const METRIC = 'keyward_http_request_duration_seconds';
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** The name of one of the default metrics. If it is registered, all default metrics are. */
const A_DEFAULT_METRIC = 'process_cpu_seconds_total';

const METHODS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

type Labels = 'method' | 'route' | 'status';

/**
 * Measures the duration of requests. Clients cannot create new label values, because all unknown routes share one
 * value.
 */
@Injectable()
export class HttpMetrics {
  private readonly durations = sharedMetric(
    prometheus,
    METRIC,
    ({ Histogram }) =>
      new Histogram<Labels>({
        name: METRIC,
        help: 'Duration of requests in seconds, by method, route template and status class.',
        labelNames: ['method', 'route', 'status'],
        buckets: BUCKETS,
      }),
  );

  constructor() {
    if (prometheus.register.getSingleMetric(A_DEFAULT_METRIC) === undefined)
      prometheus.collectDefaultMetrics();
  }

  /** @param route the template of the route; `undefined` if no route was found */
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
