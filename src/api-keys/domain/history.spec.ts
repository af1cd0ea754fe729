import * as fc from 'fast-check';
import {
  appendHistory,
  type History,
  HISTORY_LIMIT,
  type HistoryAction,
  type HistoryEntry,
  newestChangeId,
} from './history';

const EMPTY: History = { history: [], historyDropped: 0 };

const entry = (version: number, action: HistoryAction = 'updated'): HistoryEntry => ({
  changeId: `change-${version}`,
  action,
  at: new Date(Date.UTC(2027, 0, 31, 12, 0, version)),
  by: 'key:of-acme',
  version,
});

/** Returns the history of a key after these changes. */
const after = (actions: readonly HistoryAction[]): History =>
  actions.reduce((past, action, index) => appendHistory(past, entry(index + 1, action)), EMPTY);

const updates = (count: number): HistoryAction[] => Array.from({ length: count }, () => 'updated');
const versions = ({ history }: History): number[] => history.map(({ version }) => version);

describe('the history of a key', () => {
  it('keeps all entries, oldest first, up to 100', () => {
    const life = after(['created', ...updates(99)]);
    expect(versions(life)).toEqual(Array.from({ length: 100 }, (_each, index) => index + 1));
    expect(life.historyDropped).toBe(0);
  });

  it('removes and counts the oldest entries beyond 100, except the creation', () => {
    const life = after(['created', ...updates(104)]);
    expect(versions(life)).toEqual([1, ...Array.from({ length: 100 }, (_each, index) => index + 6)]);
    expect(life.historyDropped).toBe(4);
  });

  it('keeps the revocation permanently', () => {
    const life = after(['created', 'updated', 'revoked', ...updates(200)]);
    expect(versions(life).slice(0, 3)).toEqual([1, 3, 104]);
    expect(life.history).toHaveLength(HISTORY_LIMIT + 2);
    expect(life.historyDropped).toBe(101);
  });

  it('is not modified by an append, which returns a new history', () => {
    const past = after(['created']);
    appendHistory(past, entry(2));
    expect(past).toEqual({ history: [entry(1, 'created')], historyDropped: 0 });
  });

  it('keeps the newest 100 and the permanent entries, and counts all others', () => {
    const lives = fc.array(
      fc.oneof(
        { weight: 30, arbitrary: fc.constant<HistoryAction>('updated') },
        { weight: 1, arbitrary: fc.constantFrom<HistoryAction>('created', 'revoked') },
      ),
      { maxLength: 300, size: 'max' },
    );
    fc.assert(
      fc.property(lives, (actions) => {
        const life = after(actions);
        const kept = new Set(versions(life));
        const forGood = actions.flatMap((action, index) => (action === 'updated' ? [] : [index + 1]));
        const newest = actions.map((_action, index) => index + 1).slice(-HISTORY_LIMIT);
        expect(life.history.length + life.historyDropped).toBe(actions.length);
        expect([...kept]).toEqual([...new Set([...forGood, ...newest])].toSorted((one, two) => one - two));
      }),
    );
  });
});

describe('newestChangeId', () => {
  it('returns the change id of the last entry', () => {
    expect(newestChangeId(after(['created', 'updated', 'rotated']))).toBe('change-3');
  });

  it('throws for a record without history', () => {
    expect(() => newestChangeId(EMPTY)).toThrow(new RangeError('the record has no history entry'));
  });
});
