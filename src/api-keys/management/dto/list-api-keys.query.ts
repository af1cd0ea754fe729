import { ApiProperty } from '../../../openapi/decorators';
import { IsIn } from 'class-validator';
import { API_KEY_STATUSES, type ApiKeyStatus } from '../../domain/api-key';
import { IsAlongWith, MayBeAbsent } from '../../../http/field-rules';
import { PageQuery } from '../../../http/page.query';
import { IsExternalId, IsOwnerId, IsTenantId } from '../../fields/key-field-rules';

/** The filters of a page of keys. */
export class ListApiKeysQuery extends PageQuery {
  /**
   * Only keys with this status.
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
   * Only keys bound to this project. Requires `orgId`.
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
