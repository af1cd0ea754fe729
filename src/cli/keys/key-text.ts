import type { ApiKeyDto } from '../../api-keys/management/dto/api-key.dto';
import type { HistoryDto } from '../../api-keys/management/dto/history.dto';
import type { PolicyDto, PolicyHistoryDto } from '../../policies/management/dto/policy.dto';
import { Table } from '../kit/table';

const NONE = '-';

/** Returns a table of keys, one per line. Long values are shortened; `keys show` prints them in full. */
export function keyTable(): Table {
  return new Table([
    { head: 'ID' },
    { head: 'NAME', max: 32 },
    { head: 'STATUS' },
    { head: 'ORG', max: 24 },
    { head: 'PROJECT', max: 24 },
    { head: 'SCOPES', max: 40 },
    { head: 'EXPIRES' },
    { head: 'LAST USED' },
  ]);
}

/** Returns a key as a row of {@link keyTable}. */
export function rowOf(key: ApiKeyDto): readonly string[] {
  return [
    key.id,
    key.name,
    key.status,
    text(key.orgId),
    text(key.projectId),
    text(key.scopes),
    text(key.expiresAt),
    text(key.lastUsedAt),
  ];
}

/** Returns a key or policy as lines, one per field. */
export function linesOf(record: ApiKeyDto | PolicyDto): readonly string[] {
  const table = new Table([{ head: 'FIELD' }, { head: 'VALUE' }]);
  return table.lines(Object.entries(record).map(([field, value]) => [field, text(value)]));
}

/** Returns a history as lines, one per change, oldest first. */
export function historyLines({ data, dropped }: HistoryDto | PolicyHistoryDto): readonly string[] {
  const table = new Table([
    { head: 'AT' },
    { head: 'ACTION' },
    { head: 'BY' },
    { head: 'VERSION' },
    { head: 'FIELDS' },
    { head: 'REASON' },
  ]);
  const lines = table.lines(
    data.map(({ at, action, by, version, fields, reason }) => [
      text(at),
      action,
      by,
      text(version),
      text(fields),
      text(reason),
    ]),
  );
  return dropped === 0 ? lines : [...lines, `${dropped} older changes are no longer stored`];
}

function text(value: unknown): string {
  if (value === null || value === undefined) return NONE;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.length === 0 ? NONE : value.join(' ');
  if (typeof value === 'object') return Object.keys(value).length === 0 ? NONE : JSON.stringify(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
