import { Inject, Injectable } from '@nestjs/common';
import { RedisConnection } from '../api-keys/limits/redis-connection';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../api-keys/options/api-keys.options';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../api-keys/storage/api-key.repository';
import { FreshKeys } from '../api-keys/verification/fresh-keys';
import { type HealthContributor, HealthContributors, type PartHealth } from './health-contributors';

/** A well-formed key id that no key has, because its date is in 1970. */
const NO_KEY = '0'.repeat(26);

/** Checks the store with one read by id, which is what requests do. Without the store, every request fails. */
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

/**
 * Checks the change feeds. While a feed does not prove freshness, every request reads the store, which is slower but
 * equally safe.
 */
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
      ? { status: 'degraded', detail: 'The change feed is stale: every request reads the store.' }
      : { status: 'up' };
  }
}

/**
 * Checks Redis, if it is configured. Without it, keys still work, unless they have a rate limit and `onOutage` is
 * `deny`.
 */
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
          ? 'Keys with a rate limit get 503.'
          : 'Each instance counts rate limits separately.';
      return { status: 'degraded', detail: effect };
    }
  }
}
