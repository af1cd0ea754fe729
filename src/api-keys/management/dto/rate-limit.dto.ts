import { StrictSchema } from '../../../http/strict-schema';
import { IsWhole } from '../../../http/field-rules';
import { IsRateLimitName } from '../../fields/key-field-rules';

/** The maximum number of requests in each window. A request of a greater cost counts as that many. */
@StrictSchema('ApiKeyRateLimit')
export class RateLimitDto {
  /**
   * The name of the limit, which answers repeat. Each limit of a key has another one.
   * @example "default"
   */
  @IsRateLimitName()
  name!: string;

  /** @example 100 */
  @IsWhole(1, 1_000_000)
  limit!: number;

  /** @example 60 */
  @IsWhole(1, 86_400, 'whole seconds')
  windowSeconds!: number;
}
