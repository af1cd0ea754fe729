import type { EventEmitter } from 'node:events';
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
 * Returns a client of the Redis at `url`. Loads ioredis when it is called, because ioredis is an optional peer dependency:
 * see decision record 0041.
 *
 * @throws ConfigurationError if ioredis is not installed
 */
export function redisClient(url: string, options: RedisClientOptions): RedisClient {
  return new (loadRedis())(url, { ...options });
}

function loadRedis(): typeof import('ioredis').Redis {
  try {
    const { Redis } = require('ioredis') as typeof import('ioredis');
    return Redis;
  } catch (error) {
    // The missing module may be a dependency of ioredis.
    if (!(error instanceof Error) || !error.message.startsWith("Cannot find module 'ioredis'")) throw error;
    throw new ConfigurationError(
      'Redis is configured (limits.redisUrl, or REDIS_URL of the service), but the package ioredis is not installed: run npm install ioredis.',
    );
  }
}
