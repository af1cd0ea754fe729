import { ApiProperty, ApiSchema } from '../../../openapi/decorators';
import { INT64 } from '../../../common/int64';
import {
  type HourlyUse,
  type KeyUsage,
  type OutcomeCount,
  USAGE_OUTCOMES,
  type UsageSpan,
} from '../../domain/usage';

/** The schema of counts by outcome. */
export const OUTCOMES = {
  type: 'object',
  additionalProperties: INT64,
  description: `The number of requests by outcome. Outcomes without requests are left out. The outcomes are ${USAGE_OUTCOMES.join(', ')}. Later versions may add others.`,
  example: { VALID: 42, INSUFFICIENT_SCOPE: 3 },
} as const;

/** Returns the counts by outcome as an object. */
export function countsOf(outcomes: readonly OutcomeCount[]): Record<string, number> {
  return Object.fromEntries(outcomes.map(({ outcome, count }) => [outcome, count]));
}

/** The uses of a key in one hour. */
@ApiSchema({ name: 'ApiKeyHourlyUse' })
export class HourlyUseDto {
  /**
   * When the hour began.
   * @example "2026-11-24T09:00:00.000Z"
   */
  hour!: Date;

  /**
   * How many requests with the key were accepted in this hour.
   * @example 42
   */
  @ApiProperty(INT64)
  count!: number;

  @ApiProperty(OUTCOMES)
  outcomes!: Record<string, number>;

  static of({ hour, count, outcomes }: HourlyUse): HourlyUseDto {
    return { hour, count, outcomes: countsOf(outcomes) };
  }
}

/** The usage of a key. */
@ApiSchema({ name: 'ApiKeyUsage' })
export class UsageDto {
  /** The hours in which the key was presented, oldest first. Other hours are left out. */
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

  /**
   * The client's address at that time; `null` if it is unknown or addresses are not kept.
   * @example "203.0.113.7"
   */
  lastAddress!: string | null;

  static of({ hours, from, to, lastUsedAt, lastAddress }: UsageSpan & KeyUsage): UsageDto {
    return {
      data: hours.map((each) => HourlyUseDto.of(each)),
      from,
      to,
      lastUsedAt: lastUsedAt ?? null,
      lastAddress: lastAddress ?? null,
    };
  }
}
