import { Type } from 'class-transformer';
import { IsIn, Matches, ValidateNested } from 'class-validator';
import { IsScopes } from '../../../api-keys/fields/key-field-rules';
import { RateLimitDto } from '../../../api-keys/management/dto/rate-limit.dto';
import { MAX_REASON_LENGTH } from '../../../api-keys/management/dto/revoke-api-key.query';
import { IsText, IsWhole, MayBeAbsent, MayBeNull, rule } from '../../../http/field-rules';
import { StrictSchema } from '../../../http/strict-schema';
import { ApiProperty } from '../../../openapi/decorators';
import type { PolicyStatus } from '../../domain/policy';

const STATUSES: readonly PolicyStatus[] = ['active', 'suspended'];
const STATUS_RULE = { message: 'must be "active" or "suspended"' };
const MAX_RATE_LIMITS = 3;

/** A rate limit that all keys of the organisation or owner share. */
@StrictSchema('PolicyRateLimit')
export class PolicyRateLimitDto extends RateLimitDto {
  /** @example "per-minute" */
  @Matches(/^[a-z0-9._-]{1,32}$/, { message: 'must be 1 to 32 characters of a-z 0-9 . _ -' })
  name!: string;
}

/** The rules of a policy. Rules that are left out, or `null`, restrict nothing. */
@StrictSchema('ReplacePolicyRequest')
export class PutPolicyDto {
  /**
   * While `suspended`, no key of the organisation or owner works. The default policy cannot be suspended.
   * @example "active"
   */
  @ApiProperty({ enum: STATUSES, enumName: 'PolicyStatus' })
  @IsIn(STATUSES, STATUS_RULE)
  status!: PolicyStatus;

  /**
   * Why the status is what it is. Callers with a binding or an owner do not see it.
   * @example "unpaid invoice"
   */
  @MayBeNull()
  @IsText(MAX_REASON_LENGTH)
  reason?: string | null;

  /**
   * Limits that all keys of the organisation or owner share: at most 3, with different names. A key may also have its own.
   * @example [{ "name": "per-minute", "limit": 1000, "windowSeconds": 60 }]
   */
  @MayBeNull()
  @IsRateLimits()
  @ValidateNested({ each: true })
  @Type(() => PolicyRateLimitDto)
  rateLimits?: PolicyRateLimitDto[] | null;

  /**
   * The scopes that keys can use at most. An empty list allows no scope; `null` does not narrow keys.
   * @example ["memory:*"]
   */
  @MayBeNull()
  @IsScopes()
  allowedScopes?: string[] | null;

  /**
   * The maximum number of live keys.
   * @example 50
   */
  @MayBeNull()
  @IsWhole(1, 1000)
  maxKeys?: number | null;

  /**
   * The maximum lifetime of a new expiry, in days.
   * @example 90
   */
  @MayBeNull()
  @IsWhole(1, 36_500, 'whole days')
  maxTtlDays?: number | null;
}

/** A replacement without its required fields. */
const WithoutRequired: new () => Partial<PutPolicyDto> = PutPolicyDto;

/** A change of a policy. Rules that are left out do not change; `null` removes a rule. */
@StrictSchema('UpdatePolicyRequest')
export class PatchPolicyDto extends WithoutRequired {
  /**
   * While `suspended`, no key of the organisation or owner works. Changing it without `reason` removes the former reason.
   * @example "suspended"
   */
  @MayBeAbsent()
  @ApiProperty({ enum: STATUSES, enumName: 'PolicyStatus' })
  @IsIn(STATUSES, STATUS_RULE)
  override status?: PolicyStatus;
}

function IsRateLimits(): PropertyDecorator {
  return rule(
    'isRateLimits',
    `must be a list of at most ${MAX_RATE_LIMITS} limits with different names`,
    (value) =>
      Array.isArray(value) &&
      value.length <= MAX_RATE_LIMITS &&
      value.every((each) => typeof each === 'object' && each !== null && !Array.isArray(each)) &&
      new Set(value.map((each: { readonly name?: unknown }) => each.name)).size === value.length,
    { maxItems: MAX_RATE_LIMITS },
  );
}
