import { ApiProperty, ApiSchema } from '../../../openapi/decorators';
import { INT64 } from '../../../common/int64';
import type { History, HistoryAction, HistoryEntry } from '../../domain/history';

/** One change of a key. */
@ApiSchema({ name: 'ApiKeyHistoryEntry' })
export class HistoryEntryDto {
  /** @example "updated" */
  action!: HistoryAction;

  /** @example "2026-11-24T09:30:00.000Z" */
  at!: Date;

  /**
   * Who made the change.
   * @example "key:01jd8x4k2m6n8p0q2r4s6t8v0v"
   */
  by!: string;

  /**
   * The version of the key after the change.
   * @example 2
   */
  @ApiProperty(INT64)
  version!: number;

  /**
   * The fields that changed. Also contains a restriction that the owner had set and another caller confirmed.
   * @example ["scopes"]
   */
  fields!: string[];

  reason!: string | null;

  static of(entry: HistoryEntry): HistoryEntryDto {
    return {
      action: entry.action,
      at: entry.at,
      by: entry.by,
      version: entry.version,
      fields: [...(entry.fields ?? [])],
      reason: entry.reason ?? null,
    };
  }
}

/** The changes of a key, oldest first. */
@ApiSchema({ name: 'ApiKeyHistory' })
export class HistoryDto {
  data!: HistoryEntryDto[];

  /**
   * The number of entries that were dropped from the history. The history keeps the last 100 entries, the creation, the
   * revocation and the last 500 reuses.
   * @example 0
   */
  @ApiProperty(INT64)
  dropped!: number;

  static of({ history, historyDropped }: History): HistoryDto {
    return { data: history.map((entry) => HistoryEntryDto.of(entry)), dropped: historyDropped };
  }
}
