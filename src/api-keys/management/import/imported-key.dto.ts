import { IsBoolean, Matches } from 'class-validator';
import { StrictSchema } from '../../../http/strict-schema';
import { CreateApiKeyDto } from '../dto/create-api-key.dto';
import { IsRfc3339, MayBeAbsent } from '../../../http/field-rules';

/** A key of another system. As in a create request, fields that are left out are inherited from the calling key. */
@StrictSchema('ImportedApiKey')
export class ImportedKeyDto extends CreateApiKeyDto {
  /**
   * SHA-256 of the whole token, in lower-case hex. The token must contain at least 128 random bits.
   * @example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
   */
  @Matches(/^[0-9a-f]{64}$/, { message: 'must be a SHA-256 in lower-case hex' })
  hash!: string;

  /**
   * When the other system created the key.
   * @example "2024-05-01T08:00:00Z"
   */
  @MayBeAbsent()
  @IsRfc3339()
  createdAt?: string;

  /**
   * Whether the other system revoked the key. Such a record creates no key. If the key is known, the import reports the
   * revocation, or applies it with `applyRevocations`.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean({ message: 'must be true or false' })
  revoked?: boolean;
}
