import { IsInt, Max, Min } from 'class-validator';

const LIMIT = 'must be a whole number from 1 to 1000000';
const WINDOW = 'must be whole seconds from 1 to 86400';

/** At most so many requests in each window. */
export class RateLimitDto {
  /** @example 100 */
  @IsInt({ message: LIMIT })
  @Min(1, { message: LIMIT })
  @Max(1_000_000, { message: LIMIT })
  limit!: number;

  /** @example 60 */
  @IsInt({ message: WINDOW })
  @Min(1, { message: WINDOW })
  @Max(86_400, { message: WINDOW })
  windowSeconds!: number;
}
