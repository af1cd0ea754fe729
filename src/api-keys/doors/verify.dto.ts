import { ApiProperty, ApiPropertyOptional, ApiSchema } from '../../openapi/decorators';
import { IsString } from 'class-validator';
import { StrictSchema } from '../../http/strict-schema';
import { INT64 } from '../../common/int64';
import type { VerifiedKey } from '../domain/api-key';
import { MAX_COST } from '../domain/rate-limit';
import type { Verification, VerificationCode } from '../verification/verification';
import { IsTrueWithout, IsWhole, MayBeAbsent, MayBeAbsentBeside } from '../../http/field-rules';
import { AppliedRateLimitDto } from '../../problems/problem.dto';
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

  /**
   * As how many requests it counts against the rate limits; default 1. A request of cost 0 is never rejected by a limit.
   * @example 5
   */
  @MayBeAbsent()
  @IsWhole(0, MAX_COST)
  cost?: number;
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

/** The state of a rate limit. */
@ApiSchema({ name: 'ApiKeyRateLimitState' })
export class RateLimitStateDto extends AppliedRateLimitDto {
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

  /** The state of every rate limit that applies, if there is one and the request has a cost. */
  rateLimits?: RateLimitStateDto[];

  /** With `RATE_LIMITED`: the limit without room. If there are several, the last one to have room again. */
  limit?: AppliedRateLimitDto;

  /**
   * With `RATE_LIMITED`: seconds until that limit has room again. Missing if it never has, because the request costs more than
   * it allows.
   * @example 42
   */
  @ApiPropertyOptional(INT64)
  retryAfter?: number;

  static of(verification: Verification): VerificationDto {
    const { code, key } = verification;
    return {
      valid: code === 'VALID',
      code,
      ...(key !== undefined && { key: VerifiedKeyDto.of(key) }),
      ...limitsOf(verification),
    };
  }
}

function limitsOf(verification: Verification): Partial<VerificationDto> {
  const { code } = verification;
  if ((code !== 'VALID' && code !== 'RATE_LIMITED') || verification.rateLimits === undefined) return {};
  const rateLimits = verification.rateLimits.map((state) => ({
    ...AppliedRateLimitDto.of(state),
    remaining: state.remaining,
    resetSeconds: state.resetSeconds,
  }));
  if (code === 'VALID') return { rateLimits };
  const { refusedBy, retryAfter } = verification;
  return {
    rateLimits,
    limit: AppliedRateLimitDto.of(refusedBy),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}
