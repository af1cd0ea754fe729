import { ApiProperty, ApiPropertyOptional, ApiSchema } from '../../openapi/decorators';
import { IsString } from 'class-validator';
import { StrictSchema } from '../../http/strict-schema';
import { INT64 } from '../../common/int64';
import type { VerifiedKey } from '../domain/api-key';
import type { Verification, VerificationCode } from '../verification/verification';
import { IsTrueWithout, MayBeAbsent, MayBeAbsentBeside } from '../../http/field-rules';
import { IsAddress, IsRequiredScopes, IsTenantId, METADATA } from '../fields/key-field-rules';

/** A presented token and its requirement: exactly one of `scopes` and `authenticated`. */
@StrictSchema('VerifyApiKeyRequest')
export class VerifyDto {
  /**
   * The presented token.
   * @example "kw_01jd8x4k2m6n8p0q2r4s6t8v0w_…"
   */
  @IsString({ message: 'must be the token as text' })
  token!: string;

  /**
   * The scopes that the key must hold. All of them are required. Send either `scopes` or `authenticated`.
   * @example ["memory:read"]
   */
  @MayBeAbsentBeside('authenticated')
  @IsRequiredScopes()
  scopes?: string[];

  /**
   * Requires only a valid key, whatever its scopes. Always `true`. Not allowed together with `scopes`.
   */
  @MayBeAbsent()
  @IsTrueWithout('scopes')
  @ApiPropertyOptional({ type: 'boolean', enum: [true] })
  authenticated?: true;

  /**
   * The organisation that the request is for.
   * @example "acme"
   */
  @MayBeAbsent()
  @IsTenantId()
  orgId?: string;

  /**
   * The project that the request is for.
   * @example "apollo"
   */
  @MayBeAbsent()
  @IsTenantId()
  projectId?: string;

  /**
   * The address of the client who presented the token. Without it, a key with an allowlist is rejected.
   * @example "203.0.113.7"
   */
  @MayBeAbsent()
  @IsAddress()
  ip?: string;
}

/** The key of a verified token. */
@ApiSchema({ name: 'VerifiedApiKey' })
export class VerifiedKeyDto {
  /** @example "01jd8x4k2m6n8p0q2r4s6t8v0w" */
  id!: string;

  /** @example "ingest worker" */
  name!: string;

  ownerId!: string | null;

  /** @example ["memory:read"] */
  scopes!: string[];

  /** @example "acme" */
  orgId!: string | null;

  /** @example "apollo" */
  projectId!: string | null;

  /**
   * The `externalId` of the key: the id that your own system uses for the customer or the key. Identify the caller by `externalId` or by `id`.
   * @example "cust-7"
   */
  externalId!: string | null;

  /**
   * Notes. Do not identify the caller by them, because anyone who can change the key can change them.
   * @example { "team": "search" }
   */
  @ApiProperty(METADATA)
  metadata!: Record<string, string | number | boolean>;

  /**
   * When the key expires. A token in its grace period expires earlier, at the `exp` that introspection returns.
   *
   * @example "2030-01-31T12:00:00.000Z"
   */
  expiresAt!: Date | null;

  static of(key: VerifiedKey): VerifiedKeyDto {
    return {
      id: key.id,
      name: key.name,
      ownerId: key.ownerId ?? null,
      scopes: [...key.scopes],
      orgId: key.orgId ?? null,
      projectId: key.projectId ?? null,
      externalId: key.externalId ?? null,
      metadata: { ...key.metadata },
      expiresAt: key.expiresAt ?? null,
    };
  }
}

/** The state of a key's rate limit. */
@ApiSchema({ name: 'ApiKeyRateLimitState' })
export class RateLimitStateDto {
  /** @example 100 */
  @ApiProperty(INT64)
  limit!: number;

  /** @example 60 */
  @ApiProperty(INT64)
  windowSeconds!: number;

  /** @example 99 */
  @ApiProperty(INT64)
  remaining!: number;

  /** @example 42 */
  @ApiProperty(INT64)
  resetSeconds!: number;
}

/** The decision on a token. */
@ApiSchema({ name: 'ApiKeyVerification' })
export class VerificationDto {
  /** @example true */
  valid!: boolean;

  /** @example "VALID" */
  code!: VerificationCode;

  /** The key, if the secret of the token is correct. */
  key?: VerifiedKeyDto;

  /** The state of the key's rate limit, if it has one and the request was counted. */
  rateLimit?: RateLimitStateDto;

  static of(verification: Verification): VerificationDto {
    const { code, key } = verification;
    const limit = 'rateLimit' in verification ? verification.rateLimit : undefined;
    return {
      valid: code === 'VALID',
      code,
      ...(key !== undefined && { key: VerifiedKeyDto.of(key) }),
      ...(limit !== undefined && {
        rateLimit: {
          limit: limit.limit,
          windowSeconds: limit.windowSeconds,
          remaining: limit.remaining,
          resetSeconds: limit.resetSeconds,
        },
      }),
    };
  }
}
