import { ApiProperty, ApiSchema } from '@nestjs/swagger';
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
   * How often the key was used.
   * @example 42
   */
  @ApiProperty(INT64)
  count!: number;

  static of({ hour, count }: HourlyUse): HourlyUseDto {
    return { hour, count };
  }
}

/** How a key was used. */
@ApiSchema({ name: 'ApiKeyUsage' })
export class UsageDto {
  /** Hours in which the key was used, oldest first; an hour that is missing had no use. */
  data!: HourlyUseDto[];

  /**
   * The beginning of the first hour looked at.
   * @example "2026-11-24T00:00:00.000Z"
   */
  from!: Date;

  /**
   * The hours looked at begin before this moment.
   * @example "2026-11-25T00:00:00.000Z"
   */
  to!: Date;

  /**
   * When the key was last used, within the span or not; `null` where no use is known.
   * @example "2026-11-24T09:30:00.000Z"
   */
  lastUsedAt!: Date | null;

  static of({ hours, from, to, lastUsedAt }: UsageSpan & KeyUsage): UsageDto {
    return { data: hours.map((each) => HourlyUseDto.of(each)), from, to, lastUsedAt: lastUsedAt ?? null };
  }
}
