import { Type } from 'class-transformer';
import { IsBoolean, ValidateNested } from 'class-validator';
import { StrictSchema } from '../../../http/strict-schema';
import { IsRfc3339, IsText, MayBeAbsent, MayBeNull } from '../../../http/field-rules';
import {
  IsAllowedIps,
  IsExternalId,
  IsMetadata,
  IsOwnerId,
  IsRateLimits,
  IsPrefix,
  IsScopes,
  IsTenantId,
} from '../../fields/key-field-rules';
import { RateLimitDto } from './rate-limit.dto';

/** The fields that creation and change have in common. */
export class KeyFieldsDto {
  /**
   * A display name.
   * @example "ingest worker"
   */
  @IsText(100)
  name!: string;

  /**
   * What the key is for.
   * @example "Writes memories from the nightly import"
   */
  @MayBeNull()
  @IsText(500)
  description?: string | null;

  /**
   * The scopes of the key. An empty list means no access.
   * @example ["memory:read", "memory:write"]
   */
  @IsScopes()
  scopes!: string[];

  /**
   * The organisation the key is bound to.
   * @example "acme"
   */
  @MayBeNull()
  @IsTenantId()
  orgId?: string | null;

  /**
   * The project the key is bound to. Without `orgId`, the key is bound to the project with this id in every
   * organisation.
   * @example "apollo"
   */
  @MayBeNull()
  @IsTenantId()
  projectId?: string | null;

  /**
   * The user who owns the key. Without the scope `users:write`, only the owner of the caller is allowed.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w"
   */
  @MayBeNull()
  @IsOwnerId()
  ownerId?: string | null;

  /**
   * Addresses and CIDR ranges from which the key may be used. An empty list allows any address.
   * @example ["203.0.113.0/24"]
   */
  @MayBeNull()
  @IsAllowedIps()
  allowedIps?: string[] | null;

  /**
   * At most 3 limits, which apply together: the maximum number of requests in a window. `null` and an empty list mean no
   * limit.
   * @example [{ "name": "default", "limit": 100, "windowSeconds": 60 }]
   */
  @MayBeNull()
  @IsRateLimits()
  @ValidateNested({ each: true })
  @Type(() => RateLimitDto)
  rateLimits?: RateLimitDto[] | null;

  /**
   * Notes: a flat map of at most 50 entries and 8192 bytes as JSON. Do not identify a customer by them, because anyone
   * who can change the key can change them.
   * @example { "team": "search" }
   */
  @MayBeAbsent()
  @IsMetadata()
  metadata?: Record<string, string | number | boolean>;

  /**
   * The id of the customer or of the key in the host's own system. Only a caller without a binding and without an owner
   * may set it. It is never inherited.
   * @example "cust-7"
   */
  @MayBeNull()
  @IsExternalId()
  externalId?: string | null;

  /**
   * Whether the key is enabled; default true.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean({ message: 'must be true or false' })
  enabled?: boolean;

  /**
   * When the key expires: an RFC 3339 date-time with an offset, in the future.
   * @example "2030-01-31T12:00:00Z"
   */
  @MayBeNull()
  @IsRfc3339()
  expiresAt?: string | null;
}

/** The fields of a new key. Fields that are left out are inherited from the calling key; `null` clears a field. */
@StrictSchema('CreateApiKeyRequest')
export class CreateApiKeyDto extends KeyFieldsDto {
  /**
   * The prefix of the key's tokens, one of those that the service is configured with. Rotation keeps it. Without it, new tokens
   * get the default prefix.
   * @example "kw"
   */
  @MayBeAbsent()
  @IsPrefix()
  prefix?: string;
}
