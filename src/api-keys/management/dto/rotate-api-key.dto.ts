import { StrictSchema } from '../../../http/strict-schema';
import { MAX_GRACE_SECONDS } from '../../domain/rotation';
import { IsWhole, MayBeAbsent } from '../../../http/field-rules';

/** The options of a rotation. */
@StrictSchema('RotateApiKeyRequest')
export class RotateApiKeyDto {
  /**
   * The grace period: how long the previous token keeps working, in seconds, at most 7 days.
   * @example 3600
   */
  @MayBeAbsent()
  @IsWhole(0, MAX_GRACE_SECONDS, 'whole seconds')
  gracePeriodSeconds?: number = 0;
}
