import { KEY_EVENT_TYPES, type KeyEvent, type KeyEventType } from '../../api-keys/domain/key-event';
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

  /** @example "01jd8x4k2m6n8p0q2r4s6t8v0w" */
  keyId!: string;

  /**
   * The organisation that the key was bound to after the event.
   * @example "acme"
   */
  orgId!: string | null;

  /**
   * The project that the key was bound to after the event.
   * @example "apollo"
   */
  projectId!: string | null;

  /** The user who owned the key after the event. */
  ownerId!: string | null;

  /**
   * Who caused the event: `key:<id>`, `user:<id>`, `cli` or `system`.
   * @example "key:01jd8x4k2m6n8p0q2r4s6t8v0v"
   */
  actor!: string;

  /**
   * The version of the key after the event.
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
  static of(event: KeyEvent): EventDataDto {
    return {
      id: event.id,
      keyId: event.keyId,
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
  @ApiProperty({ enum: KEY_EVENT_TYPES, enumName: 'ApiKeyEventType', example: 'api-key.updated' })
  type!: KeyEventType;

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
