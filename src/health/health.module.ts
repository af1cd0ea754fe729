import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { FeedHealth, RedisHealth, StoreHealth } from './parts.health';
import { HealthContributors } from './health-contributors';
import { HealthController } from './health.controller';
import { HealthMetric } from './health.metric';
import { HttpMetrics } from './http-metrics';
import { IssuerHealth } from './issuer.health';
import { MetricsController } from './metrics.controller';
import { ServiceState } from './service-state';

/** Liveness, readiness and metrics of the service. Parts register with `HealthContributors`. */
@Global()
@Module({})
export class HealthModule {
  static forRoot(): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController, MetricsController],
      providers: [
        HealthContributors,
        ServiceState,
        StoreHealth,
        FeedHealth,
        RedisHealth,
        IssuerHealth,
        HealthMetric,
        HttpMetrics,
      ],
      exports: [HealthContributors, ServiceState, HttpMetrics],
    };
  }
}
