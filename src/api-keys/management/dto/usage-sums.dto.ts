import { ApiProperty, ApiSchema } from '../../../openapi/decorators';
import { INT64 } from '../../../common/int64';
import { PageDto } from '../../../http/page.dto';
import { csvRow } from '../../../http/list-format';
import { USAGE_OUTCOMES } from '../../domain/usage';
import { USAGE_GROUPINGS, type UsageGrouping, type UsageSum, type UsageSums } from '../usage-sums';
import { countsOf, OUTCOMES } from './usage.dto';

/** The requests of one group. */
@ApiSchema({ name: 'UsageSum' })
export class UsageSumDto {
  /**
   * The id of the key, owner or organisation, the outcome, or when the hour or day began. `null` for the keys without an
   * owner or organisation.
   * @example "acme"
   */
  group!: string | null;

  /**
   * The number of requests.
   * @example 45
   */
  @ApiProperty(INT64)
  total!: number;

  /**
   * What the requests cost together. A request costs 1 unless it says otherwise.
   * @example 45
   */
  @ApiProperty(INT64)
  cost!: number;

  @ApiProperty(OUTCOMES)
  outcomes!: Record<string, number>;

  static of({ group, outcomes }: UsageSum): UsageSumDto {
    return {
      group,
      total: outcomes.reduce((sum, { count }) => sum + count, 0),
      cost: outcomes.reduce((sum, { cost }) => sum + cost, 0),
      outcomes: countsOf(outcomes),
    };
  }
}

/** A page of sums of usage. */
@ApiSchema({ name: 'UsageSumPage' })
export class UsageSumPageDto extends PageDto {
  /** The groups with requests. Other groups are left out. */
  data!: UsageSumDto[];

  @ApiProperty({ enum: USAGE_GROUPINGS, enumName: 'UsageGrouping' })
  groupBy!: UsageGrouping;

  /**
   * The beginning of the first hour of the sums.
   * @example "2026-11-24T00:00:00.000Z"
   */
  from!: Date;

  /**
   * The end of the sums. They cover the hours that begin before this time.
   * @example "2026-11-25T00:00:00.000Z"
   */
  to!: Date;

  static of({ data, groupBy, from, to, nextCursor }: UsageSums): UsageSumPageDto {
    return { data: data.map((sum) => UsageSumDto.of(sum)), groupBy, from, to, nextCursor };
  }
}

/** Returns the heading of a list in CSV. */
export function csvHeading(groupBy: UsageGrouping): string {
  return csvRow([groupBy, 'total', 'cost', ...USAGE_OUTCOMES]);
}

/** Returns a group as a row below {@link csvHeading}. */
export function csvLine({ group, total, cost, outcomes }: UsageSumDto): string {
  return csvRow([group ?? '', total, cost, ...USAGE_OUTCOMES.map((outcome) => outcomes[outcome] ?? 0)]);
}
