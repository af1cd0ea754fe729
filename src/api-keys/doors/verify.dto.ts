import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { StrictSchema } from '../../http/strict-schema';
import { INT64 } from '../../common/int64';
import type { VerifiedKey } from '../domain/api-key';
import type { Verification, VerificationCode } from '../verification/verification';
import { IsTrueWithout, MayBeAbsent, MayBeAbsentBeside } from '../../http/field-rules';
import { IsAddress, IsRequiredScopes, IsTenantId, METADATA } from '../fields/key-field-rules';

/** A presented token, and what is required of it: `scopes` or `authenticated`, exactly one of them. */
@StrictSchema('VerifyApiKeyRequest')
export class VerifyDto {
  /**
   * The token as it was presented.
   * @example "kw_01jd8x4k2m6n8p0q2r4s6t8v0w_…"
   */
  @IsString({ message: 'must be the token as text' })
  token!: string;

  /**
   * The scopes that the key must hold, all of them. Required unless `authenticated` is given.
   * @example ["memory:read"]
   */
  @MayBeAbsentBeside('authenticated')
  @IsRequiredScopes()
  scopes?: string[];

  /**
   * Requires a valid key, whatever its scopes; always `true`. Not allowed beside `scopes`.
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
   * The address of the client who presented the token. A key with an allowlist is refused without it.
   * @example "203.0.113.7"
   */
  @MayBeAbsent()
  @IsAddress()
  ip?: string;
}

/** The key that a token belongs to, as a verifier sees it. */
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
   * The id of the customer or of the key in your own system: identify by this, or by `id`.
   * @example "cust-7"
   */
  externalId!: string | null;

  /**
   * Notes, never identity: whoever may change the key may change them.
   * @example { "team": "search" }
   */
  @ApiProperty(METADATA)
  metadata!: Record<string, string | number | boolean>;

  /**
   * The end of the key. A token in grace ends earlier; introspection says when, as `exp`.
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

/** Where a key's rate limit stands. */
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

/** Whether a token is good. */
@ApiSchema({ name: 'ApiKeyVerification' })
export class VerificationDto {
  /** @example true */
  valid!: boolean;

  /** @example "VALID" */
  code!: VerificationCode;

  /** The key, where the token is a genuine secret of one. */
  key?: VerifiedKeyDto;

  /** Where the key's rate limit stands, if it has one and it was counted. */
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
