import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { type RedisClient, redisClient } from './redis-client';

const CONNECT_TIMEOUT_MS = 1000;
const SILENCE_MS = 2000;
const MAX_RECONNECT_PAUSE_MS = 1000;

/** The connection to Redis, if one is configured. It is closed with the application. */
@Injectable()
export class RedisConnection implements OnApplicationShutdown {
  readonly client: RedisClient | undefined;

  /** @throws ConfigurationError if Redis is configured and ioredis is not installed */
  constructor(@Inject(API_KEYS_OPTIONS) { limits }: ApiKeysOptions) {
    this.client = limits?.redisUrl === undefined ? undefined : connect(limits.redisUrl);
  }

  onApplicationShutdown(): void {
    this.client?.disconnect();
  }
}

/**
 * Returns a client whose commands fail at once while there is no connection. The caller decides how long to wait for an
 * answer. The client closes a connection that is silent for 2 s, because a dead one may never report an error. It
 * reconnects automatically, without a limit.
 */
function connect(url: string): RedisClient {
  const logger = new Logger('Redis');
  const redis = redisClient(url, {
    enableOfflineQueue: false,
    commandTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_PAUSE_MS),
  });
  let complained = false;
  redis.on('error', (error: Error) => {
    if (!complained) logger.warn(`unreachable: ${error.message}`);
    complained = true;
  });
  redis.on('ready', () => {
    if (complained) logger.log('reachable again');
    complained = false;
  });
  return redis;
}
