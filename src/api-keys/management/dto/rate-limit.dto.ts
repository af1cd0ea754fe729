import { StrictSchema } from '../../../http/strict-schema';
import { IsWhole } from '../../../http/field-rules';

/** The maximum number of requests in each window. */
@StrictSchema('ApiKeyRateLimit')
export class RateLimitDto {
  /** @example 100 */
  @IsWhole(1, 1_000_000)
  limit!: number;

  /** @example 60 */
  @IsWhole(1, 86_400, 'whole seconds')
  windowSeconds!: number;
}
