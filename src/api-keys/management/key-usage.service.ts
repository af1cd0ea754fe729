import { Inject, Injectable } from '@nestjs/common';
import { ApiKeysService } from './api-keys.service';
import { type Clock, CLOCK } from '../ports/clock';
import type { Caller } from '../domain/caller';
import { DATE, type MemberRules, requireMembers } from '../../problems/members';
import type { KeyUsage, UsageSpan } from '../domain/usage';
import { USAGE_REPOSITORY, type UsageRepository } from '../ports/usage.repository';
import { UsageNotRecordedError } from './api-keys.errors';
import { requireCaller } from './grant-checks';
import { usageSpanOf } from './usage-span';
import { requireSumsRequest, type UsageSums, UsageSumsReader, type UsageSumsRequest } from './usage-sums';

/** The span of a usage report. By default it ends now and begins one day before its end. */
export interface UsageRequest {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

const REQUEST: MemberRules<UsageRequest> = { from: DATE, to: DATE };

/** How often a key was used in a span of time, when it was last used, and from where. */
export interface UsageReport extends UsageSpan, KeyUsage {}

/**
 * Reads the stored usage of keys. It does not include uses that an instance has counted since its last flush. All
 * methods throw `StorageUnavailableError` if the store cannot answer.
 *
 * @example
 * const { hours, lastUsedAt } = await usage.of(rootCaller('system'), key.id, { from: new Date('2026-11-01T00:00:00Z') });
 */
@Injectable()
export class KeyUsageService {
  /** @internal Nest calls this constructor. */
  constructor(
    private readonly apiKeys: ApiKeysService,
    @Inject(USAGE_REPOSITORY) private readonly repository: UsageRepository | null,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Returns the uses of a key by hour.
   *
   * @throws KeyNotFoundError if the key does not exist or the caller cannot see it
   * @throws UnacceptableFieldError if a member is unknown or invalid, or the span is empty, longer than 31 days or begins
   *   before 1970
   * @throws UsageNotRecordedError if this installation does not record usage
   */
  async of(caller: Caller, keyId: string, request: UsageRequest = {}): Promise<UsageReport> {
    requireMembers(request, REQUEST);
    const span = usageSpanOf(request, this.clock.now());
    const { id } = await this.apiKeys.get(caller, keyId);
    if (this.repository === null) throw new UsageNotRecordedError();
    return { ...span, ...(await this.repository.usageOf(id, span)) };
  }

  /**
   * Returns one page of requests by key, owner, organisation, outcome, hour or day. A caller sees the sums of its organisation
   * and its owner. A caller that is bound to a project sees only its keys. See decision record 0090.
   *
   * @throws KeyNotFoundError if the request names a key that does not exist or that the caller cannot see
   * @throws UnacceptableFieldError if a member is unknown or invalid, or does not fit the grouping, or if the span is empty,
   *   too long or begins before 1970
   * @throws InvalidCursorError
   * @throws UsageNotRecordedError if this installation does not record usage
   * @example
   * const { data } = await usage.sums(rootCaller('system'), { groupBy: 'outcome', orgId: 'acme' });
   */
  async sums(caller: Caller, request: UsageSumsRequest): Promise<UsageSums> {
    requireCaller(caller);
    const maxDays = requireSumsRequest(request);
    const span = usageSpanOf(request, this.clock.now(), maxDays);
    if (this.repository === null) throw new UsageNotRecordedError();
    const reader = new UsageSumsReader(this.repository, this.apiKeys, caller, span);
    return { groupBy: request.groupBy, ...span, ...(await reader.page(request)) };
  }

  /**
   * Returns the time of the last use by key id, with one read for all keys. Omits keys without a known use.
   *
   * @param keyIds ids of keys that the caller has already seen
   */
  async lastUsed(keyIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    return this.repository === null ? new Map<string, Date>() : this.repository.lastUsed(keyIds);
  }
}
