import type { Type } from '@nestjs/common';
import { IsText, MayBeAbsent } from '../../../http/field-rules';
import { StrictSchema } from '../../../http/strict-schema';
import { IsScopes } from '../../fields/key-field-rules';
import { KeyFieldsDto } from './create-api-key.dto';

/** The common fields, none of which is required. */
const WithoutRequired: Type<Partial<KeyFieldsDto>> = KeyFieldsDto;

/** A change of a key. Fields that are left out do not change; `null` clears a field. */
@StrictSchema('UpdateApiKeyRequest')
export class UpdateApiKeyDto extends WithoutRequired {
  /**
   * A display name.
   * @example "ingest worker"
   */
  @MayBeAbsent()
  @IsText(100)
  override name?: string;

  /**
   * The scopes of the key. An empty list means no access.
   * @example ["memory:read", "memory:write"]
   */
  @MayBeAbsent()
  @IsScopes()
  override scopes?: string[];
}
