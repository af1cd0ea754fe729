import { ApiProperty, ApiSchema } from '../../openapi/decorators';
import { IsString } from 'class-validator';
import { INT64 } from '../../common/int64';
import type { KeySecret, VerifiedKey } from '../domain/api-key';
import { MayBeAbsent } from '../../http/field-rules';
import { IsAddress, IsTenantId } from '../fields/key-field-rules';

const ONCE = 'must be sent exactly once';

/** An introspection request, RFC 7662 section 2.1. */
@ApiSchema({ name: 'IntrospectTokenRequest' })
export class IntrospectDto {
  /**
   * The presented token.
   * @example "kw_01jd8x4k2m6n8p0q2r4s6t8v0w_…"
   */
  @IsString({ message: ONCE })
  token!: string;

  /**
   * Accepted and ignored, because there is only one kind of token.
   * @example "access_token"
   */
  @MayBeAbsent()
  @IsString({ message: ONCE })
  token_type_hint?: string;

  /**
   * The organisation that the request is for.
   * @example "acme"
   */
  @MayBeAbsent()
  @IsTenantId()
  org_id?: string;

  /**
   * The project that the request is for.
   * @example "apollo"
   */
  @MayBeAbsent()
  @IsTenantId()
  project_id?: string;

  /**
   * The address of the client who presented the token.
   * @example "203.0.113.7"
   */
  @MayBeAbsent()
  @IsAddress()
  ip?: string;

  /**
   * The scopes that the token must cover, separated by spaces (RFC 6749 section 3.3) and without wildcards. All of them are
   * required. The response for an active token then lists exactly these. Without this parameter, the token needs no scope.
   * @example "memory:read"
   */
  @MayBeAbsent()
  @IsString({ message: ONCE })
  scope?: string;

  /**
   * The id of the calling key. Send its token as `client_secret` or in a header.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w"
   */
  @MayBeAbsent()
  @IsString({ message: ONCE })
  client_id?: string;

  /**
   * The token of the calling key (`client_secret_post`, RFC 6749 section 2.3.1). Not allowed together with a credential in a
   * header.
   */
  @MayBeAbsent()
  @IsString({ message: ONCE })
  client_secret?: string;
}

/** An introspection response, RFC 7662 section 2.2. */
@ApiSchema({ name: 'TokenIntrospection' })
export class IntrospectionDto {
  /** @example true */
  active!: boolean;

  /**
   * The scopes in the request, or the scopes of the key if the request has none. Separated by spaces.
   * @example "memory:read memory:write"
   */
  scope?: string;

  /**
   * The key's id.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w"
   */
  client_id?: string;

  /**
   * The key's owner, or the key itself if it has no owner.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w"
   */
  sub?: string;

  /**
   * The key's id.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w"
   */
  jti?: string;

  /** @example "Bearer" */
  token_type?: string;

  /**
   * When the key or the token expires, whichever is sooner, in seconds since 1970.
   * @example 1896091200
   */
  @ApiProperty(INT64)
  exp?: number;

  /**
   * When the token was issued, in seconds since 1970.
   * @example 1796091200
   */
  @ApiProperty(INT64)
  iat?: number;

  /**
   * The public address of the service, if it is configured.
   * @example "https://keys.example.com"
   */
  iss?: string;

  /** @example "acme" */
  org_id?: string;

  /** @example "apollo" */
  project_id?: string;

  /**
   * The id of the customer or of the key in your own system.
   * @example "cust-7"
   */
  external_id?: string;

  static of(
    key: VerifiedKey,
    secret: KeySecret,
    scopes: readonly string[],
    issuer: string | undefined,
  ): IntrospectionDto {
    const ends = [key.expiresAt, secret.retiresAt].flatMap((date) =>
      date === undefined ? [] : [seconds(date)],
    );
    return {
      active: true,
      scope: scopes.join(' '),
      client_id: key.id,
      sub: key.ownerId ?? key.id,
      jti: key.id,
      token_type: 'Bearer',
      iat: seconds(secret.createdAt),
      ...(ends.length > 0 && { exp: Math.min(...ends) }),
      ...(issuer !== undefined && { iss: issuer }),
      ...(key.orgId !== undefined && { org_id: key.orgId }),
      ...(key.projectId !== undefined && { project_id: key.projectId }),
      ...(key.externalId !== undefined && { external_id: key.externalId }),
    };
  }
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
