import { PartialType } from '@nestjs/swagger';
import { StrictSchema } from '../../../http/strict-schema';
import { CreateApiKeyDto } from './create-api-key.dto';

/** A change of a key. Fields that are left out do not change; `null` clears a field. */
@StrictSchema('UpdateApiKeyRequest')
export class UpdateApiKeyDto extends PartialType(CreateApiKeyDto, { skipNullProperties: false }) {}
