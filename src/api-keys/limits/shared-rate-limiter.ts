import { reasonOf } from '../../common/reason';
import { Logger } from '@nestjs/common';
import { counterOf } from '../../common/shared-metric';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { RateLimit } from '../domain/rate-limit';
import { RateLimiterFaultError, RateLimiterUnavailableError } from './limits.errors';
import { inTime } from '../../common/in-time';
import { countIn, LocalRateLimiter } from './local-rate-limiter';
import type { RedisClient } from './redis-client';
import type { OnLimiterOutage, RateLimiter, RateLimitState } from '../ports/rate-limiter';

/** How long a request waits for Redis. */
const ANSWER_WITHIN_MS = 300;

/** How long Redis is left alone after a failure, so that an outage does not slow down every request. */
const PAUSE_AFTER_FAILURE_MS = 1000;

/** What Redis answers while it starts, is busy, is full, or changes its primary. */
const PASSING_REPLY =
  /(?:^|: -)(?:ASK|BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|MOVED|NOREPLICAS|OOM|READONLY|TRYAGAIN|UNBLOCKED)\b/;

/** Counts in Redis, for all instances together. */
export class SharedRateLimiter implements RateLimiter {
  private readonly logger = new Logger('RateLimiter');
  private readonly counter: RateLimiterRedis;
  private readonly local = new LocalRateLimiter();
  private readonly outages = counterOf(
    'keyward_rate_limiter_outages_total',
    'Times that Redis did not count, and was left alone for a second.',
  );
  private awayUntil = Number.NEGATIVE_INFINITY;
  private failure: unknown;

  /** @param redis a client that fails at once while it is not connected: without offline queue */
  constructor(
    private readonly redis: RedisClient,
    private readonly onOutage: OnLimiterOutage,
  ) {
    this.counter = new RateLimiterRedis({
      storeClient: redis,
      keyPrefix: 'keyward:limit',
      points: Number.MAX_SAFE_INTEGER,
      duration: 1,
    });
  }

  async consume(subject: string, limit: RateLimit): Promise<RateLimitState> {
    if (performance.now() < this.awayUntil) return this.withoutRedis(subject, limit);
    try {
      // Its end alone: the count is others' as well.
      const shorten = async (): Promise<unknown> =>
        this.redis.pexpire(this.counter.getKey(subject), limit.windowSeconds * 1000);
      return await inTime(countIn(this.counter, subject, limit, shorten), ANSWER_WITHIN_MS);
    } catch (error) {
      this.awayUntil = performance.now() + PAUSE_AFTER_FAILURE_MS;
      this.failure = error;
      this.outages.inc();
      this.logger.warn(`Redis does not count: ${reasonOf(error)}`);
      return this.withoutRedis(subject, limit);
    }
  }

  private async withoutRedis(subject: string, limit: RateLimit): Promise<RateLimitState> {
    if (this.onOutage === 'local') return this.local.consume(subject, limit);
    const { failure } = this;
    throw isFault(failure) ? new RateLimiterFaultError(failure) : new RateLimiterUnavailableError(failure);
  }
}

/** Whether Redis answered, and its answer is none of those that pass by themselves. */
function isFault(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError' && !PASSING_REPLY.test(error.message);
}
