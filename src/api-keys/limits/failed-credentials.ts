import { Inject, Injectable } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { networkOf } from '../domain/allowed-ips';
import type { RateLimit } from '../domain/rate-limit';
import { LocalRateLimiter } from './local-rate-limiter';
import type { RateLimitState } from '../ports/rate-limiter';

const DEFAULT_LIMIT: RateLimit = { limit: 100, windowSeconds: 60 };

/**
 * Counts failed credentials by client address (IPv6 by /64) in this process. Above the limit, a failure gets 429 instead of
 * 401. Valid tokens keep working, so that nobody can lock out the owner of a key.
 */
@Injectable()
export class FailedCredentials {
  private readonly counter = new LocalRateLimiter();
  private readonly limit: RateLimit;

  constructor(@Inject(API_KEYS_OPTIONS) { limits }: ApiKeysOptions) {
    this.limit = limits?.failedCredentials ?? DEFAULT_LIMIT;
  }

  /** Counts one failed credential of a client. */
  async count(clientAddress: string | undefined): Promise<RateLimitState> {
    return this.counter.consume(networkOf(clientAddress), this.limit);
  }
}
