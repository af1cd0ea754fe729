import { type AuditEvent, EVENT_TYPES } from '../../api-keys/domain/key-event';
import type { PolicyId } from '../../api-keys/domain/policy-state';
import type { DeliveryState, RecordedEvent } from '../../api-keys/ports/event.repository';
import { ApiProperty, ApiSchema } from '../../openapi/decorators';
import { INT64 } from '../../common/int64';
import { PageDto } from '../../http/page.dto';

/** The data of an event, in webhooks and in the audit trail. */
export class EventDataDto {
  /**
   * The id of the event. It never changes, so use it to ignore duplicates.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w-2"
   */
  id!: string;

  /**
   * The key of the event; null in events about policies.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w"
   */
  keyId!: string | null;

  /**
   * The policy of the event: `org:` or `owner:` and an id, or `default`; null in events about keys.
   * @example null
   */
  @ApiProperty({ type: String })
  policyId!: PolicyId | null;

  /**
   * The organisation that the key was bound to after the event, or that the policy applies to.
   * @example "acme"
   */
  orgId!: string | null;

  /**
   * The project that the key was bound to after the event.
   * @example "apollo"
   */
  projectId!: string | null;

  /** The user who owned the key after the event, or that the policy applies to. */
  ownerId!: string | null;

  /**
   * Who caused the event: `key:<id>`, `user:<id>`, `cli` or `system`.
   * @example "key:01jd8x4k2m6n8p0q2r4s6t8v0v"
   */
  actor!: string;

  /**
   * The version of the key or policy after the event.
   * @example 2
   */
  @ApiProperty(INT64)
  version!: number;

  /**
   * The names of the changed fields.
   * @example ["scopes"]
   */
  fields!: string[];

  /** The expiry of the key in expiry notices; null in other events. */
  expiresAt!: Date | null;

  /** Converts an event. Lists each field by name, so that a new field stays internal until it is added here. */
  static of(event: AuditEvent): EventDataDto {
    return {
      id: event.id,
      keyId: event.policyId === undefined ? event.keyId : null,
      policyId: event.policyId ?? null,
      orgId: event.orgId ?? null,
      projectId: event.projectId ?? null,
      ownerId: event.ownerId ?? null,
      actor: event.actor,
      version: event.version,
      fields: [...event.fields],
      expiresAt: event.expiresAt ?? null,
    };
  }
}

/** An event of the audit trail. */
@ApiSchema({ name: 'ApiKeyEvent' })
export class EventDto extends EventDataDto {
  @ApiProperty({ enum: EVENT_TYPES, enumName: 'ApiKeyEventType', example: 'api-key.updated' })
  type!: AuditEvent['type'];

  /** @example "2026-11-24T09:30:00.000Z" */
  at!: Date;

  /**
   * The state of the webhook delivery: `none` if no receiver was configured, `dead` if all retries failed.
   * @example "delivered"
   */
  delivery!: DeliveryState;

  static override of(event: RecordedEvent): EventDto {
    return { type: event.type, at: event.at, ...EventDataDto.of(event), delivery: event.delivery };
  }
}

/** One page of events, newest first. */
@ApiSchema({ name: 'ApiKeyEventPage' })
export class EventPageDto extends PageDto {
  data!: EventDto[];
}
