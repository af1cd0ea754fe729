import { KEY_EVENT_TYPES, type KeyEvent, type KeyEventType } from '../../api-keys/domain/key-event';
import type { DeliveryState, RecordedEvent } from '../../api-keys/ports/event.repository';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { INT64 } from '../../common/int64';
import { PageDto } from '../../http/page.dto';

/** What is told of an event, in a webhook as in the audit trail. */
export class EventDataDto {
  /**
   * Stable: deduplicate by it.
   * @example "01jd8x4k2m6n8p0q2r4s6t8v0w-2"
   */
  id!: string;

  /** @example "01jd8x4k2m6n8p0q2r4s6t8v0w" */
  keyId!: string;

  /**
   * The organisation that the key was bound to afterwards.
   * @example "acme"
   */
  orgId!: string | null;

  /**
   * The project that the key was bound to afterwards.
   * @example "apollo"
   */
  projectId!: string | null;

  /** The user who owned the key afterwards. */
  ownerId!: string | null;

  /**
   * Who did it: `key:<id>`, `user:<id>`, `cli` or `system`.
   * @example "key:01jd8x4k2m6n8p0q2r4s6t8v0v"
   */
  actor!: string;

  /**
   * The version that the change brought about.
   * @example 2
   */
  @ApiProperty(INT64)
  version!: number;

  /**
   * The fields that were changed, by name.
   * @example ["scopes"]
   */
  fields!: string[];

  /** The expiry that a notice is about. */
  expiresAt!: Date | null;

  /** Named part by part, so that a new one stays inside until it is let out. */
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
   * How its webhook stands: `none` where there was none to send to, `dead` where it was given up.
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
