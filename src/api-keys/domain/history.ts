/** What can happen to a key. */
export type HistoryAction = 'created' | 'imported' | 'updated' | 'rotated' | 'reused' | 'revoked';

/** One change of a key: who changed what, and when. */
export interface HistoryEntry {
  /** Drawn anew for each change, so that a write the driver repeated recognises itself. */
  readonly changeId: string;
  readonly action: HistoryAction;
  readonly at: Date;
  /** Who did it: `key:<id>`, `user:<id>`, `cli` or `system`. */
  readonly by: string;
  /** The version that the change brought about. */
  readonly version: number;
  /** The fields it changed, by name. Values are left out: a history is read by more people than a key. */
  readonly fields?: readonly string[] | undefined;
  readonly reason?: string | undefined;
}

/** A history and how many of its entries it has let go of. */
export interface History {
  readonly history: readonly HistoryEntry[];
  readonly historyDropped: number;
}

/** How many entries a history keeps, beside those that are kept for good. */
export const HISTORY_LIMIT = 100;

const KEPT_FOR_GOOD: ReadonlySet<HistoryAction> = new Set<HistoryAction>([
  'created',
  'imported',
  'revoked',
  'reused',
]);

/** How many older reuses a history keeps: far more than anyone reads, and fewer than a document can hold. */
const REUSE_LIMIT = 500;

/** Appends an entry and lets go of the oldest ones beyond the limit; creation, revocation and reuse always stay. */
export function appendHistory(past: History, entry: HistoryEntry): History {
  const all = [...past.history, entry];
  const tail = all.length - HISTORY_LIMIT;
  const kept = all.filter((each, index) => index >= tail || KEPT_FOR_GOOD.has(each.action));
  const excess = kept.filter((each) => each.action === 'reused').length - REUSE_LIMIT;
  const history = excess > 0 ? withoutFirstReuses(kept, excess) : kept;
  return { history, historyDropped: past.historyDropped + all.length - history.length };
}

function withoutFirstReuses(entries: readonly HistoryEntry[], count: number): readonly HistoryEntry[] {
  let left = count;
  return entries.filter((each) => each.action !== 'reused' || (left -= 1) < 0);
}

/**
 * The change id of the newest entry: what a write is recognised by.
 *
 * @throws RangeError if there is no entry, which no stored record is without
 */
export function newestChangeId({ history }: Pick<History, 'history'>): string {
  const newest = history.at(-1);
  if (newest === undefined) throw new RangeError('a record without history');
  return newest.changeId;
}
