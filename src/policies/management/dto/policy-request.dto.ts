import { Type } from 'class-transformer';
import { IsIn, ValidateNested } from 'class-validator';
import { IsRateLimits, IsScopes } from '../../../api-keys/fields/key-field-rules';
import { RateLimitDto } from '../../../api-keys/management/dto/rate-limit.dto';
import { MAX_REASON_LENGTH } from '../../../api-keys/management/dto/revoke-api-key.query';
import { IsText, IsWhole, MayBeAbsent, MayBeNull } from '../../../http/field-rules';
import { StrictSchema } from '../../../http/strict-schema';
import { ApiProperty } from '../../../openapi/decorators';
import type { PolicyStatus } from '../../domain/policy';

const STATUSES: readonly PolicyStatus[] = ['active', 'suspended'];
const STATUS_RULE = { message: 'must be "active" or "suspended"' };

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
  @Type(() => RateLimitDto)
  rateLimits?: RateLimitDto[] | null;

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
