import type { EventEmitter } from 'node:events';
import { ifInstalled } from '../../common/if-installed';
import { clusterIn } from '../../common/redis-url';
import { ConfigurationError } from '../../problems/configuration.error';

/**
 * The part of an ioredis client that Keyward uses, of one server or of a cluster. The client emits `error` and `ready`. The type does not come from
 * ioredis, because the package may not be installed.
 */
export interface RedisClient extends EventEmitter {
  readonly status: string;
  connect(): Promise<unknown>;
  disconnect(): void;
  eval(script: string, keyCount: number, ...keysAndArguments: readonly (string | number)[]): Promise<unknown>;
  evalsha(sha: string, keyCount: number, ...keysAndArguments: readonly (string | number)[]): Promise<unknown>;
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
 * Returns a client of the Redis at `url`, or of the cluster if it begins with `redis+cluster://`. Loads ioredis only when it is called, because ioredis is an optional peer dependency;
 * see decision record 0084.
 *
 * @throws ConfigurationError if ioredis is not installed
 */
export function redisClient(url: string, options: RedisClientOptions): RedisClient {
  const { Cluster, Redis } = loadRedis();
  const cluster = clusterIn(url);
  if (cluster === undefined) return new Redis(url, { ...options });
  const { retryStrategy, enableOfflineQueue = true, lazyConnect = false, ...redisOptions } = options;
  return new Cluster([...cluster.nodes], {
    clusterRetryStrategy: retryStrategy,
    enableOfflineQueue,
    lazyConnect,
    // Otherwise ioredis connects to addresses in place of names, which no TLS certificate contains.
    dnsLookup: (name, found) => found(null, name),
    redisOptions: { ...redisOptions, ...cluster.credentials, ...(cluster.isTls && { tls: {} }) },
  });
}

function loadRedis(): typeof import('ioredis') {
  const ioredis = ifInstalled('ioredis', () => require('ioredis') as typeof import('ioredis'));
  if (ioredis !== undefined) return ioredis;
  throw new ConfigurationError(
    'Redis is configured (limits.redisUrl, or REDIS_URL of the service), but the package ioredis is not installed: run npm install ioredis.',
  );
}
