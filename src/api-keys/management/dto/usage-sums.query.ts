import { ApiProperty } from '../../../openapi/decorators';
import { Transform } from 'class-transformer';
import { IsIn, Matches } from 'class-validator';
import { IsWhole, MayBeAbsent } from '../../../http/field-rules';
import { IsKeyId, IsOwnerId, IsTenantId } from '../../fields/key-field-rules';
import { USAGE_GROUPINGS, type UsageGrouping, type UsageSumsRequest } from '../usage-sums';
import { toUsageRequest, UsageQuery } from './usage.query';

/** The grouping, the filters, the size and the cursor of a page of sums. */
export class UsageSumsQuery extends UsageQuery {
  /**
   * What the requests are grouped by. A request by key covers at most 31 days, any other at most 366 days.
   * @example "outcome"
   */
  @ApiProperty({ enum: USAGE_GROUPINGS, enumName: 'UsageGrouping' })
  @IsIn(USAGE_GROUPINGS, { message: `must be one of ${USAGE_GROUPINGS.join(', ')}` })
  groupBy!: UsageGrouping;

  /**
   * Only requests with keys of this organisation.
   * @example "acme"
   */
  @MayBeAbsent()
  @IsTenantId()
  orgId?: string;

  /** Only requests with keys of this owner. */
  @MayBeAbsent()
  @IsOwnerId()
  ownerId?: string;

  /**
   * Only requests with this key. Not together with a grouping by org or owner.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w"
   */
  @MayBeAbsent()
  @IsKeyId()
  keyId?: string;

  /**
   * The maximum number of groups on the page. The default is 100. Outcomes are always on one page.
   * @example 100
   */
  @MayBeAbsent()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value,
  )
  @IsWhole(1, 1000)
  limit?: number;

  /** The `nextCursor` of the previous page. Send `from` and `to` of that page again. */
  @MayBeAbsent()
  @Matches(/^[A-Za-z0-9_-]{1,1400}$/, { message: 'must be the nextCursor of a list' })
  cursor?: string;
}

/** Converts a query to a request of the service. */
export function toUsageSumsRequest(query: UsageSumsQuery): UsageSumsRequest {
  return { ...query, ...toUsageRequest(query) };
}
