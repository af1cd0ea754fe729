import { Type } from 'class-transformer';
import { IsBoolean, IsObject, ValidateNested } from 'class-validator';
import { StrictSchema } from '../../../http/strict-schema';
import { IsRfc3339, IsText, MayBeAbsent, MayBeNull } from '../../../http/field-rules';
import {
  IsAllowedIps,
  IsExternalId,
  IsMetadata,
  IsOwnerId,
  IsScopes,
  IsTenantId,
} from '../../fields/key-field-rules';
import { RateLimitDto } from './rate-limit.dto';

/** What a new key is to be. What is left out is inherited from the calling key; `null` clears it. */
@StrictSchema('CreateApiKeyRequest')
export class CreateApiKeyDto {
  /**
   * A name for people.
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
   * What the key may do. An empty list means no access.
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
   * The project the key is bound to. Without `orgId` it is the project of this id in every organisation.
   * @example "apollo"
   */
  @MayBeNull()
  @IsTenantId()
  projectId?: string | null;

  /**
   * The user who owns the key. Naming another owner than the caller's needs the scope `users:write`.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w"
   */
  @MayBeNull()
  @IsOwnerId()
  ownerId?: string | null;

  /**
   * Addresses and CIDR ranges the key may be used from; empty for any.
   * @example ["203.0.113.0/24"]
   */
  @MayBeNull()
  @IsAllowedIps()
  allowedIps?: string[] | null;

  /**
   * How many requests the key may make; `null` for any number.
   * @example { "limit": 100, "windowSeconds": 60 }
   */
  @MayBeNull()
  @IsObject({ message: 'must be an object with limit and windowSeconds' })
  @ValidateNested()
  @Type(() => RateLimitDto)
  rateLimit?: RateLimitDto | null;

  /**
   * Notes, never identity: a flat map of at most 50 entries, 8192 bytes as JSON. Whoever may change the key may change them.
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
   * Whether the key works at once; default true.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean({ message: 'must be true or false' })
  enabled?: boolean;

  /**
   * When the key stops working: RFC 3339 with an offset, in the future.
   * @example "2030-01-31T12:00:00Z"
   */
  @MayBeNull()
  @IsRfc3339()
  expiresAt?: string | null;
}
