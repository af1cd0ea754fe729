import { Inject, Injectable } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../api-keys/options/api-keys.options';
import { RedisConnection } from '../api-keys/limits/redis-connection';
import type { HealthContributor, PartHealth } from './health-contributor';
import { HealthContributors } from './health-contributors';

/** Redis, where one is configured. Without it keys are verified all the same; only limits are counted otherwise. */
@Injectable()
export class RedisHealth implements HealthContributor {
  readonly name = 'redis';
  readonly required = false;

  constructor(
    private readonly redis: RedisConnection,
    @Inject(API_KEYS_OPTIONS) private readonly options: ApiKeysOptions,
    contributors: HealthContributors,
  ) {
    if (redis.client !== undefined) contributors.add(this);
  }

  async check(): Promise<PartHealth> {
    try {
      await this.redis.client?.ping();
      return { status: 'up' };
    } catch {
      const effect =
        this.options.limits?.onOutage === 'deny'
          ? 'Keys that have a rate limit are refused.'
          : 'Rate limits are counted by each instance alone.';
      return { status: 'degraded', detail: effect };
    }
  }
}
