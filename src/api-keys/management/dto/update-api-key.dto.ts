import { PartialType } from '@nestjs/swagger';
import { StrictSchema } from '../../../http/strict-schema';
import { CreateApiKeyDto } from './create-api-key.dto';

/** A change of a key. What is left out stays as it is; `null` clears it. */
@StrictSchema('UpdateApiKeyRequest')
export class UpdateApiKeyDto extends PartialType(CreateApiKeyDto, { skipNullProperties: false }) {}
