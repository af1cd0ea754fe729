import { ApiProperty, ApiSchema } from '../../../openapi/decorators';
import { INT64 } from '../../../common/int64';
import type { HourlyUse, KeyUsage, UsageSpan } from '../../domain/usage';

/** The uses of a key in one hour. */
@ApiSchema({ name: 'ApiKeyHourlyUse' })
export class HourlyUseDto {
  /**
   * When the hour began.
   * @example "2026-11-24T09:00:00.000Z"
   */
  hour!: Date;

  /**
   * How often the key was used in this hour.
   * @example 42
   */
  @ApiProperty(INT64)
  count!: number;

  static of({ hour, count }: HourlyUse): HourlyUseDto {
    return { hour, count };
  }
}

/** The usage of a key. */
@ApiSchema({ name: 'ApiKeyUsage' })
export class UsageDto {
  /** The hours in which the key was used, oldest first. Hours without use are left out. */
  data!: HourlyUseDto[];

  /**
   * The beginning of the first hour of the report.
   * @example "2026-11-24T00:00:00.000Z"
   */
  from!: Date;

  /**
   * The end of the report. It covers the hours that begin before this time.
   * @example "2026-11-25T00:00:00.000Z"
   */
  to!: Date;

  /**
   * When the key was last used, even outside the reported hours; `null` if no use is known.
   * @example "2026-11-24T09:30:00.000Z"
   */
  lastUsedAt!: Date | null;

  static of({ hours, from, to, lastUsedAt }: UsageSpan & KeyUsage): UsageDto {
    return { data: hours.map((each) => HourlyUseDto.of(each)), from, to, lastUsedAt: lastUsedAt ?? null };
  }
}
