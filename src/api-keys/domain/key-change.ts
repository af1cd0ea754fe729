import { randomUUID } from 'node:crypto';
import { appendHistory, type History, type HistoryEntry } from './history';

/**
 * Returns the record after a change: with the next version and a new history entry. The change id is created here,
 * once per change, so that every retry of the write has the same id.
 */
export function recordChange<R extends History<string> & { readonly version: number }>(
  record: R,
  now: Date,
  entry: Pick<R['history'][number], Exclude<keyof HistoryEntry, 'changeId' | 'at' | 'version'>>,
): R {
  const version = record.version + 1;
  return {
    ...record,
    ...appendHistory(record, { changeId: randomUUID(), at: now, version, ...entry }),
    version,
    updatedAt: now,
  };
}
