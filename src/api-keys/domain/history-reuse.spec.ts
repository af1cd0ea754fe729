import * as fc from 'fast-check';
import { appendHistory, type History, HISTORY_LIMIT, type HistoryAction } from './history';

const EMPTY: History = { history: [], historyDropped: 0 };

/** The life of a key: what happened to it, in order. */
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
const versionsOf = (life: History, action: HistoryAction): number[] =>
  life.history.filter((entry) => entry.action === action).map(({ version }) => version);

describe('the reuse of a retired secret', () => {
  it('stays in the history, however much happens after it', () => {
    const life = after(['created', 'rotated', 'reused', ...updates(500)]);
    expect(versionsOf(life, 'reused')).toEqual([3]);
    expect(versionsOf(life, 'rotated')).toEqual([]);
    expect(life.history).toHaveLength(HISTORY_LIMIT + 2);
    expect(life.historyDropped).toBe(401);
  });

  it('stays beside the import of the key', () => {
    const life = after(['imported', 'rotated', 'reused', ...updates(500)]);
    expect(life.history.slice(0, 2).map(({ action }) => action)).toEqual(['imported', 'reused']);
  });

  it('stays every time it happens, and in order', () => {
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
});
