import { once } from 'node:events';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { inTime } from '../../common/in-time';
import { type RedisClient, redisClient } from './redis-client';

const CONNECT_TIMEOUT_MS = 1000;
const SILENCE_MS = 2000;
const MAX_RECONNECT_PAUSE_MS = 1000;

/** The connection to Redis, if one is configured; closed with the application. */
@Injectable()
export class RedisConnection implements OnModuleInit, OnApplicationShutdown {
  readonly client: RedisClient | undefined;

  /** @throws ConfigurationError if Redis is configured and ioredis is not installed */
  constructor(@Inject(API_KEYS_OPTIONS) { limits }: ApiKeysOptions) {
    this.client = limits?.redisUrl === undefined ? undefined : connect(limits.redisUrl);
  }

  /** Waits a moment, so that the first requests are counted together too; goes on without Redis where it is away. */
  async onModuleInit(): Promise<void> {
    if (this.client === undefined || this.client.status === 'ready') return;
    await inTime(once(this.client, 'ready'), CONNECT_TIMEOUT_MS).catch(() => undefined);
  }

  onApplicationShutdown(): void {
    this.client?.disconnect();
  }
}

/**
 * A client whose commands fail at once while there is no connection. How long an answer is waited for is up to who
 * asks; a connection that is silent for 2 s is given up, since a dead one may never say so. It connects again by
 * itself, for ever.
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
    if (!complained) logger.warn(`not reachable: ${error.message}`);
    complained = true;
  });
  redis.on('ready', () => {
    if (complained) logger.log('reachable again');
    complained = false;
  });
  return redis;
}
