/** The kinds of changes in the history of a key. */
export type HistoryAction = 'created' | 'imported' | 'updated' | 'rotated' | 'reused' | 'revoked';

/** One change of a record: who changed what, and when. */
export interface HistoryEntry<Action extends string = HistoryAction> {
  /** Unique to each change, so that a write that the MongoDB driver repeats is recognised. */
  readonly changeId: string;
  readonly action: Action;
  readonly at: Date;
  /** Who did it: `key:<id>`, `user:<id>`, `cli` or `system`. */
  readonly by: string;
  /** The version of the record after the change. */
  readonly version: number;
  /** The names of the changed fields. Values are omitted, because more people read a history than a key. */
  readonly fields?: readonly string[] | undefined;
  readonly reason?: string | undefined;
}

/** A history, and the number of entries that were removed from it. */
export interface History<Action extends string = HistoryAction> {
  readonly history: readonly HistoryEntry<Action>[];
  readonly historyDropped: number;
}

/**
 * How many of its newest entries a history keeps. It keeps older entries only if they record a creation, an import, a
 * revocation or a reuse.
 */
export const HISTORY_LIMIT = 100;

const KEPT_FOR_GOOD: ReadonlySet<string> = new Set<HistoryAction>([
  'created',
  'imported',
  'revoked',
  'reused',
]);

/** The maximum number of reuses in a history: more than anyone reads, and few enough for one document. */
const REUSE_LIMIT = 500;

/** Appends an entry and removes the oldest beyond the limit. Creation, import, revocation and the newest 500 reuses stay. */
export function appendHistory<Action extends string>(
  past: History<Action>,
  entry: HistoryEntry<Action>,
): History<Action> {
  const all = [...past.history, entry];
  const tail = all.length - HISTORY_LIMIT;
  const kept = all.filter((each, index) => index >= tail || KEPT_FOR_GOOD.has(each.action));
  const excess = kept.filter((each) => each.action === 'reused').length - REUSE_LIMIT;
  const history = excess > 0 ? withoutFirstReuses(kept, excess) : kept;
  return { history, historyDropped: past.historyDropped + all.length - history.length };
}

function withoutFirstReuses<E extends HistoryEntry<string>>(
  entries: readonly E[],
  count: number,
): readonly E[] {
  let left = count;
  return entries.filter((each) => each.action !== 'reused' || (left -= 1) < 0);
}

/**
 * Returns the change id of the newest entry. A retry of the same write has the same change id.
 *
 * @throws RangeError if there is no entry; every stored record has one
 */
export function newestChangeId({ history }: Pick<History<string>, 'history'>): string {
  const newest = history.at(-1);
  if (newest === undefined) throw new RangeError('the record has no history entry');
  return newest.changeId;
}
