import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { API_KEY_STATUSES, type ApiKeyStatus } from '../../domain/api-key';
import { MayBeAbsent } from '../../../http/field-rules';
import { PageQuery } from '../../../http/page.query';
import { IsExternalId } from '../../fields/key-field-rules';
import { KeyFilterQuery } from '../../fields/key-filter.query';

/** Which keys a page is to show. */
export class ListApiKeysQuery extends IntersectionType(PageQuery, KeyFilterQuery) {
  /**
   * Only keys in this state.
   * @example "active"
   */
  @MayBeAbsent()
  @ApiProperty({ enum: API_KEY_STATUSES, enumName: 'ApiKeyStatus' })
  @IsIn(API_KEY_STATUSES, { message: `must be one of ${API_KEY_STATUSES.join(', ')}` })
  status?: ApiKeyStatus;

  /**
   * Only keys with this external id.
   * @example "cust-7"
   */
  @MayBeAbsent()
  @IsExternalId()
  externalId?: string;
}
