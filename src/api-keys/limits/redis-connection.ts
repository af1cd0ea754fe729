import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../api-keys.options';

const COMMAND_TIMEOUT_MS = 300;
const CONNECT_TIMEOUT_MS = 1000;
const MAX_RECONNECT_PAUSE_MS = 1000;

/** The connection to Redis, if one is configured; closed with the application. */
@Injectable()
export class RedisConnection implements OnApplicationShutdown {
  readonly client: Redis | undefined;

  constructor(@Inject(API_KEYS_OPTIONS) { redisUrl }: ApiKeysOptions) {
    this.client = redisUrl === undefined ? undefined : connect(redisUrl);
  }

  onApplicationShutdown(): void {
    this.client?.disconnect();
  }
}

/**
 * A client that never keeps a request waiting: a command fails at once while there is no connection, and within
 * 300 ms otherwise. It connects again by itself, for ever.
 */
function connect(url: string): Redis {
  const logger = new Logger('Redis');
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_PAUSE_MS),
  });
  let complained = false;
  redis.on('error', (error: Error) => {
    if (!complained) logger.warn(`not reachable: ${error.message}`);
    complained = true;
  });
  redis.on('ready', () => {
    if (complained) logger.log('reachable again');
    complained = false;
  });
  return redis;
}
