import { once } from 'node:events';
import { Logger, type OnModuleInit } from '@nestjs/common';
import { inTime } from '../../common/in-time';
import { reasonOf } from '../../common/reason';
import { counterOf } from '../../common/shared-metric';
import { ConfigurationError } from '../../problems/configuration.error';
import type { Charge, Consumption, OnLimiterOutage, RateLimiter } from '../ports/rate-limiter';
import { COUNT_SCRIPT, COUNT_SCRIPT_SHA } from './count-script';
import { RateLimiterFaultError, RateLimiterUnavailableError } from './limits.errors';
import { LocalRateLimiter } from './local-rate-limiter';
import type { RedisClient } from './redis-client';
import { consumptionOf, type WindowCount, windowsOf } from './window-counts';

/** The maximum time that a request waits for Redis. */
const ANSWER_WITHIN_MS = 300;

/** The maximum time that the start waits for a connection to Redis, and for its first answer. */
const START_WITHIN_MS = 1000;

/** How long requests do not use Redis after a failure, so that an outage does not slow down every request. */
const PAUSE_AFTER_FAILURE_MS = 1000;

/** Temporary errors of Redis: while it starts, is busy, is full, or changes its primary. */
const PASSING_REPLY =
  /(?:^|: -)(?:ASK|BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOREPLICAS|OOM|READONLY|TRYAGAIN|UNBLOCKED)\b/;

/** A replica rejects writes. At the start, it is the wrong server. Later, it was the primary until a failover. */
const READ_ONLY_REPLY = /(?:^|: -)READONLY\b/;

/** A throwaway counter. No key has this id. */
const PROBE: Charge = {
  kind: 'key',
  id: 'probe',
  limits: [{ name: 'probe', limit: 1_000_000, windowSeconds: 1 }],
};

/** Counts requests in Redis, for all instances together. */
export class SharedRateLimiter implements RateLimiter, OnModuleInit {
  private readonly logger = new Logger('RateLimiter');
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
  ) {}

  /**
   * Waits for a connection, so that Redis counts the first requests too, and counts a request as a test. Continues if Redis is
   * unreachable.
   *
   * @throws ConfigurationError if Redis rejects the test
   */
  async onModuleInit(): Promise<void> {
    try {
      if (this.redis.status !== 'ready') await inTime(once(this.redis, 'ready'), START_WITHIN_MS);
      await inTime(this.count([PROBE], 1), START_WITHIN_MS);
    } catch (error) {
      if (!isFault(error) && !isReadOnly(error)) return;
      throw new ConfigurationError(
        `Redis rejects the script that counts requests (${reasonOf(error)}). Use a primary, with redis+cluster:// for a cluster, and a user that may run EVAL and EVALSHA, and the commands of the script on keys that begin with {keyward:limit}.`,
      );
    }
  }

  async consume(charges: readonly Charge[], cost: number): Promise<Consumption> {
    if (performance.now() < this.awayUntil) return this.withoutRedis(charges, cost);
    try {
      return await inTime(this.count(charges, cost), ANSWER_WITHIN_MS);
    } catch (error) {
      this.awayUntil = performance.now() + PAUSE_AFTER_FAILURE_MS;
      this.failure = error;
      this.outages.inc();
      if (isFault(error))
        this.logger.error(`Redis is misconfigured and did not count a request: ${error.message}`);
      else this.logger.warn(`Redis did not count a request: ${reasonOf(error)}`);
      return this.withoutRedis(charges, cost);
    }
  }

  private async count(charges: readonly Charge[], cost: number): Promise<Consumption> {
    const asked = charges.map(windowsOf);
    const windows = asked.flatMap((limits) => [limits.size, ...[...limits].flat()]);
    const [isAllowed, ...counted] = await this.run(charges.map(keyOf), [cost, ...windows]);
    const counts = asked.map((limits) => {
      const ofWindows = [...limits.keys()].map((seconds): readonly [number, WindowCount] => {
        const [used = 0, msLeft = 0] = counted.splice(0, 2);
        return [seconds, { used, msLeft }];
      });
      return new Map(ofWindows);
    });
    const countOf = (index: number, seconds: number): WindowCount =>
      counts[index]?.get(seconds) ?? { used: 0, msLeft: 0 };
    return consumptionOf(charges, countOf, cost, isAllowed === 1);
  }

  /** Redis forgets scripts when it restarts. `EVAL` makes it remember the script again. */
  private async run(keys: readonly string[], args: readonly number[]): Promise<number[]> {
    const parameters = [keys.length, ...keys, ...args] as const;
    try {
      return (await this.redis.evalsha(COUNT_SCRIPT_SHA, ...parameters)) as number[];
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return (await this.redis.eval(COUNT_SCRIPT, ...parameters)) as number[];
    }
  }

  private async withoutRedis(charges: readonly Charge[], cost: number): Promise<Consumption> {
    if (this.onOutage === 'local') return this.local.consume(charges, cost);
    const { failure } = this;
    throw isFault(failure) ? new RateLimiterFaultError(failure) : new RateLimiterUnavailableError(failure);
  }
}

/**
 * Returns the Redis key of a subject. All keys share a hash tag, because a script can use only keys of one node of a cluster.
 * Each part has its length in front, so that no two subjects have the same key.
 */
function keyOf({ kind, id }: Charge): string {
  return `{keyward:limit}${[kind, id].map((part) => `${part.length}:${part}`).join('')}`;
}

/** Returns whether Redis answered with an error that is not temporary. */
function isFault(error: unknown): error is Error {
  return isReply(error) && !PASSING_REPLY.test(error.message);
}

function isReadOnly(error: unknown): boolean {
  return isReply(error) && READ_ONLY_REPLY.test(error.message);
}

function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}
