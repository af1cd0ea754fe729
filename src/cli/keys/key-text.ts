import type { ApiKeyDto } from '../../api-keys/management/dto/api-key.dto';
import type { HistoryDto } from '../../api-keys/management/dto/history.dto';
import { Table } from '../kit/table';

const NONE = '-';

/** A table of keys, a line each. What does not fit is cut: `keys show` has all of it. */
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

/** A key as a line of {@link keyTable}. */
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

/** A key, a line a field. */
export function linesOf(key: ApiKeyDto): readonly string[] {
  const table = new Table([{ head: 'FIELD' }, { head: 'VALUE' }]);
  return table.lines(Object.entries(key).map(([field, value]) => [field, text(value)]));
}

/** A history, a line a change, oldest first. */
export function historyLines({ data, dropped }: HistoryDto): readonly string[] {
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
  return dropped === 0 ? lines : [...lines, `${dropped} changes are not kept any more`];
}

function text(value: unknown): string {
  if (value === null || value === undefined) return NONE;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.length === 0 ? NONE : value.join(' ');
  if (typeof value === 'object') return Object.keys(value).length === 0 ? NONE : JSON.stringify(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
