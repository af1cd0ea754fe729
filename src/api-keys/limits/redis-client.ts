import type { EventEmitter } from 'node:events';
import { ifInstalled } from '../../common/if-installed';
import { ConfigurationError } from '../../problems/configuration.error';

/**
 * The part of an ioredis client that Keyward uses. The client emits `error` and `ready`. The type does not come from
 * ioredis, because the package may not be installed.
 */
export interface RedisClient extends EventEmitter {
  readonly status: string;
  connect(): Promise<unknown>;
  disconnect(): void;
  pexpire(key: string, milliseconds: number): Promise<unknown>;
  ping(): Promise<unknown>;
}

/** The options of ioredis that Keyward sets. */
export interface RedisClientOptions {
  readonly lazyConnect?: boolean;
  readonly enableOfflineQueue?: boolean;
  readonly commandTimeout?: number;
  readonly socketTimeout?: number;
  readonly connectTimeout: number;
  readonly maxRetriesPerRequest: number;
  readonly retryStrategy: (attempt: number) => number | null;
}

/**
 * Returns a client of the Redis at `url`. Loads ioredis only when it is called, because ioredis is an optional peer dependency;
 * see decision record 0084.
 *
 * @throws ConfigurationError if ioredis is not installed
 */
export function redisClient(url: string, options: RedisClientOptions): RedisClient {
  return new (loadRedis())(url, { ...options });
}

function loadRedis(): typeof import('ioredis').Redis {
  const ioredis = ifInstalled('ioredis', () => require('ioredis') as typeof import('ioredis'));
  if (ioredis !== undefined) return ioredis.Redis;
  throw new ConfigurationError(
    'Redis is configured (limits.redisUrl, or REDIS_URL of the service), but the package ioredis is not installed: run npm install ioredis.',
  );
}
