import { ApiProperty } from '../../openapi/decorators';
import { Transform } from 'class-transformer';
import { IsIn, Matches } from 'class-validator';
import { type AuditEvent, EVENT_TYPES } from '../../api-keys/domain/key-event';
import { IsAlongWith, IsRfc3339, IsWhole, MayBeAbsent } from '../../http/field-rules';
import { IsKeyId, IsOwnerId, IsTenantId } from '../../api-keys/fields/key-field-rules';

/** The default number of events on a page. */
export const DEFAULT_EVENT_PAGE = 100;

/** The filters, the size and the cursor of a page of events. */
export class ListEventsQuery {
  /**
   * The maximum number of events on the page.
   * @example 100
   */
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value,
  )
  @IsWhole(1, 1000)
  limit?: number = DEFAULT_EVENT_PAGE;

  /** The `nextCursor` of the previous page. */
  @MayBeAbsent()
  @Matches(/^[A-Za-z0-9_-]{1,200}$/, { message: 'must be the nextCursor of a list' })
  cursor?: string;

  /**
   * Only events of this type.
   * @example "api-key.revoked"
   */
  @MayBeAbsent()
  @ApiProperty({ enum: EVENT_TYPES, enumName: 'ApiKeyEventType' })
  @IsIn(EVENT_TYPES, { message: `must be one of ${EVENT_TYPES.join(', ')}` })
  type?: AuditEvent['type'];

  /**
   * Only events of this key.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w"
   */
  @MayBeAbsent()
  @IsKeyId()
  keyId?: string;

  /**
   * Only events of keys bound to this organisation, and of its policy.
   * @example "acme"
   */
  @MayBeAbsent()
  @IsTenantId()
  orgId?: string;

  /**
   * Only events of keys bound to this project. Requires `orgId`.
   * @example "apollo"
   */
  @MayBeAbsent()
  @IsTenantId()
  @IsAlongWith('orgId')
  projectId?: string;

  /** Only events of keys of this owner, and of its policy. */
  @MayBeAbsent()
  @IsOwnerId()
  ownerId?: string;

  /**
   * Only events at this time or later.
   * @example "2026-11-01T00:00:00Z"
   */
  @MayBeAbsent()
  @IsRfc3339()
  from?: string;

  /**
   * Only events before this time.
   * @example "2026-12-01T00:00:00Z"
   */
  @MayBeAbsent()
  @IsRfc3339()
  to?: string;
}
