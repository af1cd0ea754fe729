import { Inject, Injectable } from '@nestjs/common';
import { ApiKeysService } from './api-keys.service';
import { type Clock, CLOCK } from '../ports/clock';
import type { Caller } from '../domain/caller';
import type { KeyUsage, UsageSpan } from '../domain/usage';
import { USAGE_REPOSITORY, type UsageRepository } from '../ports/usage.repository';
import { UsageNotRecordedError } from './api-keys.errors';
import { usageSpanOf } from './usage-span';

/** What is asked of a key's usage; see `usageSpanOf` for what is left out. */
export interface UsageRequest {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** How often a key was used in a span of time, and when last. */
export interface UsageReport extends UsageSpan, KeyUsage {}

/**
 * Tells how keys are used, as far as it is stored: what an instance counted since its last flush is not in it. All
 * methods throw `StorageUnavailableError` where the store cannot answer.
 *
 * @example
 * const { hours, lastUsedAt } = await usage.of(rootCaller('system'), key.id, { from: new Date('2026-11-01T00:00:00Z') });
 */
@Injectable()
export class KeyUsageService {
  /** @internal Nest calls it. */
  constructor(
    private readonly apiKeys: ApiKeysService,
    @Inject(USAGE_REPOSITORY) private readonly repository: UsageRepository | null,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The uses of a key, by the hour.
   *
   * @throws KeyNotFoundError if there is no such key in the caller's sight
   * @throws UnacceptableFieldError if the span is empty or longer than 31 days
   * @throws UsageNotRecordedError if no usage is recorded here
   */
  async of(caller: Caller, keyId: string, request: UsageRequest = {}): Promise<UsageReport> {
    const span = usageSpanOf(request, this.clock.now());
    const { id } = await this.apiKeys.get(caller, keyId);
    if (this.repository === null) throw new UsageNotRecordedError();
    return { ...span, ...(await this.repository.usageOf(id, span)) };
  }

  /**
   * When each of these keys was last used; without those of which no use is known. One read for all.
   *
   * @param keyIds ids of keys that the caller was shown
   */
  async lastUsed(keyIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    return this.repository === null ? new Map<string, Date>() : this.repository.lastUsed(keyIds);
  }
}
