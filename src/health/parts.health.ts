import { Inject, Injectable } from '@nestjs/common';
import { RedisConnection } from '../api-keys/limits/redis-connection';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../api-keys/options/api-keys.options';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../api-keys/storage/api-key.repository';
import { FreshKeys } from '../api-keys/verification/fresh-keys';
import { type HealthContributor, HealthContributors, type PartHealth } from './health-contributors';

/** A well-formed id that no key has: it would have been made in 1970. */
const NO_KEY = '0'.repeat(26);

/** The store, asked as every request asks it: one read by id. Without it nothing can be decided. */
@Injectable()
export class StoreHealth implements HealthContributor {
  readonly name = 'store';
  readonly required = true;

  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly repository: ApiKeyRepository,
    contributors: HealthContributors,
  ) {
    contributors.add(this);
  }

  async check(): Promise<PartHealth> {
    await this.repository.find(NO_KEY);
    return { status: 'up' };
  }
}

/** The change feeds. While one proves nothing every request asks the store, which is slower and as safe. */
@Injectable()
export class FeedHealth implements HealthContributor {
  readonly name = 'feed';
  readonly required = false;

  constructor(
    private readonly fresh: FreshKeys,
    contributors: HealthContributors,
  ) {
    contributors.add(this);
  }

  check(): PartHealth {
    return this.fresh.isStale
      ? { status: 'degraded', detail: 'Changes cannot be followed: every request asks the store.' }
      : { status: 'up' };
  }
}

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
