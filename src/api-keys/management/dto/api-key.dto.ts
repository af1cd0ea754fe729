import { ApiProperty, ApiSchema } from '../../../openapi/decorators';
import { INT64 } from '../../../common/int64';
import { PageDto } from '../../../http/page.dto';
import { API_KEY_STATUSES, type ApiKey, type ApiKeyStatus, statusOf } from '../../domain/api-key';
import { METADATA } from '../../fields/key-field-rules';
import { RateLimitDto } from './rate-limit.dto';

/** A key, without its token or hash. */
@ApiSchema({ name: 'ApiKey' })
export class ApiKeyDto {
  /**
   * The key's public id.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w"
   */
  id!: string;

  /** @example "ingest worker" */
  name!: string;

  /** @example "Writes memories from the nightly import" */
  description!: string | null;

  /** The user who owns the key. */
  ownerId!: string | null;

  /**
   * Who created the key.
   * @example "key:01jd8x4k2m6n8p0q2r4s6t8v0v"
   */
  createdBy!: string;

  /**
   * The scopes of the key. An empty list means no access.
   * @example ["memory:read", "memory:write"]
   */
  scopes!: string[];

  /**
   * The organisation the key is bound to.
   * @example "acme"
   */
  orgId!: string | null;

  /**
   * The project the key is bound to.
   * @example "apollo"
   */
  projectId!: string | null;

  /**
   * Addresses and CIDR ranges from which the key may be used. An empty list allows any address.
   * @example ["203.0.113.0/24"]
   */
  allowedIps!: string[];

  /** The limits of the key, which apply together, ordered by name. An empty list means no limit. */
  rateLimits!: RateLimitDto[];

  /**
   * Notes. Do not identify a customer by them, because anyone who can change the key can change them.
   * @example { "team": "search" }
   */
  @ApiProperty(METADATA)
  metadata!: Record<string, string | number | boolean>;

  /**
   * The id of the customer or of the key in the host's own system. Bound keys and owners cannot set it.
   * @example "cust-7"
   */
  externalId!: string | null;

  /**
   * The prefix that the key was created with; `null` if its new tokens get the default prefix of the service.
   * @example "kw"
   */
  prefix!: string | null;

  /** @example true */
  enabled!: boolean;

  /**
   * The status of the key now. If several apply, the first of `revoked`, `disabled` and `expired` is shown.
   * @example "active"
   */
  @ApiProperty({ enum: API_KEY_STATUSES, enumName: 'ApiKeyStatus' })
  status!: ApiKeyStatus;

  /**
   * When the key expires.
   * @example "2030-01-31T12:00:00.000Z"
   */
  expiresAt!: Date | null;

  revokedAt!: Date | null;

  /** Who revoked the key. */
  revokedBy!: string | null;

  revokedReason!: string | null;

  /**
   * The version of the key, which is also its `ETag`. Every change increments it.
   * @example 1
   */
  @ApiProperty(INT64)
  version!: number;

  /** @example "2026-11-24T09:30:00.000Z" */
  createdAt!: Date;

  /** @example "2026-11-24T09:30:00.000Z" */
  updatedAt!: Date;

  /**
   * When the key was last used; `null` if no use is known. The value can be some seconds out of date.
   * @example "2026-11-24T09:30:00.000Z"
   */
  lastUsedAt!: Date | null;

  /**
   * Returns the public part of a record. Lists each field by name, so that a new field stays internal until it is added
   * here.
   *
   * @param lastUsedAt when the key was last used, if a use is known
   */
  static of(key: ApiKey, now: Date, lastUsedAt?: Date): ApiKeyDto {
    return {
      id: key.id,
      name: key.name,
      description: key.description ?? null,
      ownerId: key.ownerId ?? null,
      createdBy: key.createdBy,
      scopes: [...key.scopes],
      orgId: key.orgId ?? null,
      projectId: key.projectId ?? null,
      allowedIps: [...key.allowedIps],
      rateLimits: key.rateLimits.map(({ name, limit, windowSeconds }) => ({ name, limit, windowSeconds })),
      metadata: { ...key.metadata },
      externalId: key.externalId ?? null,
      prefix: key.prefix ?? null,
      enabled: key.enabled,
      status: statusOf(key, now),
      expiresAt: key.expiresAt ?? null,
      revokedAt: key.revokedAt ?? null,
      revokedBy: key.revokedBy ?? null,
      revokedReason: key.revokedReason ?? null,
      version: key.version,
      createdAt: key.createdAt,
      updatedAt: key.updatedAt,
      lastUsedAt: lastUsedAt ?? null,
    };
  }
}

/** A key with its new token. */
@ApiSchema({ name: 'IssuedApiKey' })
export class IssuedApiKeyDto extends ApiKeyDto {
  /**
   * The token. It is shown only once, because only its hash is stored.
   * @example "kw_01jd8x4k2m6n8p0q2r4s6t8v0w_…"
   */
  token!: string;
}

/** One page of keys, newest first. */
@ApiSchema({ name: 'ApiKeyPage' })
export class ApiKeyPageDto extends PageDto {
  data!: ApiKeyDto[];
}
