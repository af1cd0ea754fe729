import { Inject, Injectable } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { networkOf } from '../domain/allowed-ips';
import type { RateLimit } from '../domain/rate-limit';
import { LocalRateLimiter } from './local-rate-limiter';
import type { RateLimitState } from '../ports/rate-limiter';

const DEFAULT_LIMIT: RateLimit = { limit: 100, windowSeconds: 60 };

/**
 * Counts failed credentials by the client's address (IPv6 by /64), in this process. It never keeps a token from
 * being decided: past the limit a failure answers 429 instead of 401, so that no outsider can lock out a key's
 * owner.
 */
@Injectable()
export class FailedCredentials {
  private readonly counter = new LocalRateLimiter();
  private readonly limit: RateLimit;

  constructor(@Inject(API_KEYS_OPTIONS) { limits }: ApiKeysOptions) {
    this.limit = limits?.failedCredentials ?? DEFAULT_LIMIT;
  }

  /** Counts one failure of a client. */
  async count(clientAddress: string | undefined): Promise<RateLimitState> {
    return this.counter.consume(networkOf(clientAddress), this.limit);
  }
}
