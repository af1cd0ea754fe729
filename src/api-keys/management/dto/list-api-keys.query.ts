import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, Matches } from 'class-validator';
import { API_KEY_STATUSES, type ApiKeyStatus } from '../../domain/api-key';
import { IsAlongWith, IsWhole, MayBeAbsent } from '../../../http/field-rules';
import { IsExternalId, IsOwnerId, IsTenantId } from '../../fields/key-field-rules';

/** How many keys a page holds where the request does not say. */
export const DEFAULT_PAGE_SIZE = 20;

/** Which keys a page is to show. */
export class ListApiKeysQuery {
  /**
   * How many keys the page holds at the most.
   * @example 20
   */
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value,
  )
  @IsWhole(1, 100)
  limit?: number = DEFAULT_PAGE_SIZE;

  /** The `nextCursor` of the page before. */
  @MayBeAbsent()
  @Matches(/^[A-Za-z0-9_-]{1,100}$/, { message: 'must be the nextCursor of a list' })
  cursor?: string;

  /**
   * Only keys in this state.
   * @example "active"
   */
  @MayBeAbsent()
  @ApiProperty({ enum: API_KEY_STATUSES, enumName: 'ApiKeyStatus' })
  @IsIn(API_KEY_STATUSES, { message: `must be one of ${API_KEY_STATUSES.join(', ')}` })
  status?: ApiKeyStatus;

  /**
   * Only keys bound to this organisation.
   * @example "acme"
   */
  @MayBeAbsent()
  @IsTenantId()
  orgId?: string;

  /**
   * Only keys bound to this project; needs `orgId`.
   * @example "apollo"
   */
  @MayBeAbsent()
  @IsTenantId()
  @IsAlongWith('orgId')
  projectId?: string;

  /** Only keys of this owner. */
  @MayBeAbsent()
  @IsOwnerId()
  ownerId?: string;

  /**
   * Only keys with this external id.
   * @example "cust-7"
   */
  @MayBeAbsent()
  @IsExternalId()
  externalId?: string;
}
