import { randomUUID } from 'node:crypto';
import type { ApiKeyWithHistory } from './api-key';
import { appendHistory, type HistoryEntry } from './history';

/**
 * Returns the record after a change: with the next version and a new history entry. The change id is created here,
 * once per change, so that every retry of the write has the same id.
 */
export function recordChange(
  key: ApiKeyWithHistory,
  now: Date,
  entry: Pick<HistoryEntry, 'action' | 'by' | 'fields' | 'reason'>,
): ApiKeyWithHistory {
  const version = key.version + 1;
  return {
    ...key,
    ...appendHistory(key, { changeId: randomUUID(), at: now, version, ...entry }),
    version,
    updatedAt: now,
  };
}
