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

/** The maximum time that a request waits for Redis. */
const ANSWER_WITHIN_MS = 300;

/** How long requests do not use Redis after a failure, so that an outage does not slow down every request. */
const PAUSE_AFTER_FAILURE_MS = 1000;

/** Temporary errors of Redis: while it starts, is busy, is full, or changes its primary. */
const PASSING_REPLY =
  /(?:^|: -)(?:ASK|BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|MOVED|NOREPLICAS|OOM|READONLY|TRYAGAIN|UNBLOCKED)\b/;

/** Counts requests in Redis, for all instances together. */
export class SharedRateLimiter implements RateLimiter {
  private readonly logger = new Logger('RateLimiter');
  private readonly counter: RateLimiterRedis;
  private readonly local = new LocalRateLimiter();
  private readonly outages = counterOf(
    'keyward_rate_limiter_outages_total',
    'Times that Redis did not count a request, each followed by a pause of one second.',
  );
  private awayUntil = Number.NEGATIVE_INFINITY;
  private failure: unknown;

  /** @param redis a client without an offline queue, so that commands fail at once while it is not connected */
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
      // Sets only the end, because other instances share the count.
      const shorten = async (): Promise<unknown> =>
        this.redis.pexpire(this.counter.getKey(subject), limit.windowSeconds * 1000);
      return await inTime(countIn(this.counter, subject, limit, shorten), ANSWER_WITHIN_MS);
    } catch (error) {
      this.awayUntil = performance.now() + PAUSE_AFTER_FAILURE_MS;
      this.failure = error;
      this.outages.inc();
      this.logger.warn(`Redis did not count a request: ${reasonOf(error)}`);
      return this.withoutRedis(subject, limit);
    }
  }

  private async withoutRedis(subject: string, limit: RateLimit): Promise<RateLimitState> {
    if (this.onOutage === 'local') return this.local.consume(subject, limit);
    const { failure } = this;
    throw isFault(failure) ? new RateLimiterFaultError(failure) : new RateLimiterUnavailableError(failure);
  }
}

/** Returns whether Redis answered with an error that is not temporary. */
function isFault(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError' && !PASSING_REPLY.test(error.message);
}
