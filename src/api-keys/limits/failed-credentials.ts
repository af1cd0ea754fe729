import { Inject, Injectable } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { networkOf } from '../domain/allowed-ips';
import type { RateLimit } from '../domain/rate-limit';
import { LocalRateLimiter } from './local-rate-limiter';
import type { Consumption } from '../ports/rate-limiter';

const DEFAULT_LIMIT = { limit: 100, windowSeconds: 60 };

/** The maximum number of client addresses whose failures are counted. */
const MAX_ADDRESSES = 100_000;

/**
 * Counts failed credentials by client address (IPv6 by /64) in this process. Above the limit, a failure gets 429 instead of
 * 401. Valid tokens keep working, so that nobody can lock out the owner of a key.
 */
@Injectable()
export class FailedCredentials {
  private readonly counter = new LocalRateLimiter(MAX_ADDRESSES);
  private readonly limit: RateLimit;

  constructor(@Inject(API_KEYS_OPTIONS) { limits }: ApiKeysOptions) {
    this.limit = { name: 'failed-credentials', ...(limits?.failedCredentials ?? DEFAULT_LIMIT) };
  }

  /** Counts one failed credential of a client. */
  async count(clientAddress: string | undefined): Promise<Consumption> {
    const charge = { kind: 'address', id: networkOf(clientAddress), limits: [this.limit] } as const;
    return this.counter.consume([charge], 1);
  }
}
