import * as fc from 'fast-check';
import { appendHistory, type History, HISTORY_LIMIT, type HistoryAction } from './history';

const EMPTY: History = { history: [], historyDropped: 0 };

/** Returns the history of a key after these changes. */
const after = (actions: readonly HistoryAction[]): History =>
  actions.reduce(
    (past, action, index) =>
      appendHistory(past, {
        changeId: `change-${index + 1}`,
        action,
        at: new Date(Date.UTC(2027, 0, 31, 12, 0, index)),
        by: action === 'reused' ? 'system' : 'key:of-acme',
        version: index + 1,
      }),
    EMPTY,
  );

const updates = (count: number): HistoryAction[] => Array.from({ length: count }, () => 'updated');
const reuses = (count: number): HistoryAction[] => Array.from({ length: count }, () => 'reused');
const versionsOf = (life: History, action: HistoryAction): number[] =>
  life.history.filter((entry) => entry.action === action).map(({ version }) => version);

describe('the reuse of a previous secret', () => {
  it('stays in the history after hundreds of other changes', () => {
    const life = after(['created', 'rotated', 'reused', ...updates(500)]);
    expect(versionsOf(life, 'reused')).toEqual([3]);
    expect(versionsOf(life, 'rotated')).toEqual([]);
    expect(life.history).toHaveLength(HISTORY_LIMIT + 2);
    expect(life.historyDropped).toBe(401);
  });

  it('stays in the history together with the import of the key', () => {
    const life = after(['imported', 'rotated', 'reused', ...updates(500)]);
    expect(life.history.slice(0, 2).map(({ action }) => action)).toEqual(['imported', 'reused']);
  });

  it('stays in the history each time it happens, in order', () => {
    const actions = fc.array(fc.constantFrom<HistoryAction>('updated', 'rotated', 'reused'), {
      maxLength: 300,
      size: 'max',
    });
    fc.assert(
      fc.property(actions, (life) => {
        const happened = life.flatMap((action, index) => (action === 'reused' ? [index + 1] : []));
        const { history, historyDropped } = after(life);
        expect(versionsOf({ history, historyDropped }, 'reused')).toEqual(happened);
        expect(history.length + historyDropped).toBe(life.length);
      }),
    );
  });

  it('stays in the history for the newest 500 reuses, together with other permanent entries', () => {
    const before: readonly HistoryAction[] = ['created', 'reused', 'reused', 'revoked', ...reuses(498)];
    const full = after([...before, ...updates(150)]);
    expect(versionsOf(full, 'reused')).toHaveLength(500);
    expect(versionsOf(full, 'reused').slice(0, 3)).toEqual([2, 3, 5]);

    const life = after([...before, ...updates(150), 'reused', 'reused']);
    expect(versionsOf(life, 'reused')).toHaveLength(500);
    expect(versionsOf(life, 'reused').slice(0, 2)).toEqual([5, 6]);
    expect(versionsOf(life, 'reused').slice(-2)).toEqual([653, 654]);
    expect([versionsOf(life, 'created'), versionsOf(life, 'revoked')]).toEqual([[1], [4]]);
    expect(versionsOf(life, 'updated')).toHaveLength(98);
    expect(life.history.length + life.historyDropped).toBe(654);
  });
});
