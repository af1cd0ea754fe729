import { randomUUID } from 'node:crypto';
import type { ApiKeyWithHistory } from './api-key';
import { appendHistory, type HistoryEntry } from './history';

/**
 * The record that a change brings about: one version on, with its entry in the history. The change id is drawn
 * here, once a change, so that every try of one write carries the same.
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
