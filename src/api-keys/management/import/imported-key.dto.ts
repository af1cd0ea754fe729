import { OmitType } from '@nestjs/swagger';
import { IsBoolean, Matches } from 'class-validator';
import { StrictSchema } from '../../../http/strict-schema';
import { CreateApiKeyDto } from '../dto/create-api-key.dto';
import { IsRfc3339, MayBeAbsent } from '../../../http/field-rules';

/** A key of another system. What is left out is inherited from the calling key, as with a create. */
@StrictSchema('ImportedApiKey')
export class ImportedKeyDto extends OmitType(CreateApiKeyDto, []) {
  /**
   * SHA-256 of the whole token, in lower-case hex. The token must hold at least 128 random bits.
   * @example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
   */
  @Matches(/^[0-9a-f]{64}$/, { message: 'must be a SHA-256 in lower-case hex' })
  hash!: string;

  /**
   * When the other system made the key.
   * @example "2024-05-01T08:00:00Z"
   */
  @MayBeAbsent()
  @IsRfc3339()
  createdAt?: string;

  /**
   * Whether the other system revoked the key since. Such a record creates no key; of a known key it reports the revocation.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean({ message: 'must be true or false' })
  revoked?: boolean;
}
