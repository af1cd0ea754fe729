import { IsInt, Max, Min } from 'class-validator';
import { MAX_GRACE_SECONDS } from '../domain/rotation';
import { MayBeAbsent } from './field-rules';

const GRACE = `must be whole seconds from 0 to ${MAX_GRACE_SECONDS}`;

/** How a key is rotated. */
export class RotateApiKeyDto {
  /**
   * How long the former token goes on working, in seconds; at most 7 days.
   * @example 3600
   */
  @MayBeAbsent()
  @IsInt({ message: GRACE })
  @Min(0, { message: GRACE })
  @Max(MAX_GRACE_SECONDS, { message: GRACE })
  gracePeriodSeconds?: number = 0;
}
