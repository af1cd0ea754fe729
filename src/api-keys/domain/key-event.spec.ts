import type { ApiKeyWithHistory } from './api-key';
import type { HistoryAction } from './history';
import { recordChange } from './key-change';
import { byVersion, changeEventOf, type KeyEvent, positionAt, positionOf } from './key-event';
import { issueToken } from './token/key-token';

const AT = new Date('2030-01-02T03:04:05.678Z');
const ID = '01jd8x4k2m6n8p0q2r4s6t8v0w';
const { token, hash } = issueToken('kw', ID);

const key: ApiKeyWithHistory = {
  id: ID,
  name: 'ingest',
  description: 'what it is for',
  createdBy: 'cli',
  ownerId: 'alice',
  orgId: 'acme',
  projectId: 'apollo',
  scopes: ['memory:read'],
  allowedIps: ['203.0.113.7'],
  rateLimits: [],
  metadata: { team: 'night' },
  enabled: true,
  revokedReason: `found ${token}`,
  secrets: [{ hash, createdAt: AT }],
  version: 4,
  createdAt: AT,
  updatedAt: AT,
  history: [],
  historyDropped: 0,
};

const after = (action: HistoryAction, fields?: readonly string[]): ApiKeyWithHistory =>
  recordChange(key, AT, { action, by: 'key:other', fields, reason: `because of ${token}` });

describe('the event of a change', () => {
  it.each([
    ['created', 'api-key.created'],
    ['imported', 'api-key.created'],
    ['updated', 'api-key.updated'],
    ['rotated', 'api-key.rotated'],
    ['revoked', 'api-key.revoked'],
    ['reused', 'api-key.reuse_detected'],
  ] as const)('for the action %s has the type %s', (action, type) => {
    expect(changeEventOf(after(action)).type).toBe(type);
  });

  it('has no fields if the change names none', () => {
    expect(changeEventOf(after('revoked')).fields).toEqual([]);
  });

  it('cannot be made from a record without history', () => {
    expect(() => changeEventOf(key)).toThrow(new RangeError('the record has no history entry'));
  });

  it('contains the actor, the change, the key and the time', () => {
    expect(changeEventOf(after('updated', ['name', 'scopes']))).toEqual({
      id: `${ID}-5`,
      type: 'api-key.updated',
      at: AT,
      keyId: ID,
      orgId: 'acme',
      projectId: 'apollo',
      ownerId: 'alice',
      actor: 'key:other',
      version: 5,
      fields: ['name', 'scopes'],
    });
  });

  it('contains no token, no hash and no values of the key, even if the reason contains a token [T81]', () => {
    const text = JSON.stringify(changeEventOf(after('revoked', ['name'])));
    for (const value of [token, hash, 'ingest', 'what it is for', 'memory:read', 'night', '203.0.113.7']) {
      expect(text).not.toContain(value);
    }
  });

  it('has the same id each time, and different ids for different changes and keys', () => {
    const first = after('updated');
    expect(changeEventOf(first)).toEqual(changeEventOf(structuredClone(first)));
    const second = recordChange(first, AT, { action: 'updated', by: 'cli' });
    const ids = [first, second, { ...first, id: '01jd8x4k2m6n8p0q2r4s6t8v0x' }].map(
      (each) => changeEventOf(each).id,
    );
    expect(new Set(ids).size).toBe(3);
  });

  it('omits owner and binding if the key has none', () => {
    const bare = { ...after('created'), orgId: undefined, projectId: undefined, ownerId: undefined };
    expect(Object.keys(changeEventOf(bare))).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:orgId|projectId|ownerId)$/)]),
    );
  });
});

describe('the positions of events', () => {
  it('order events by time, then by id', () => {
    const events = [
      { at: new Date(5), id: 'b' },
      { at: new Date(40), id: 'a' },
      { at: new Date(5), id: 'a' },
      { at: new Date('9999-12-31T23:59:59.999Z'), id: 'a' },
    ];
    const sorted = events.toSorted((one, other) => (positionOf(one) < positionOf(other) ? -1 : 1));
    expect(sorted.map(({ at, id }) => `${at.getTime()} ${id}`)).toEqual([
      '5 a',
      '5 b',
      '40 a',
      '253402300799999 a',
    ]);
  });

  it.each([1, 1_893_456_000_000])(
    'are after positionAt(%i) for events at that time, and before it for earlier events',
    (ms) => {
      const moment = positionAt(new Date(ms));
      expect(moment < positionOf({ at: new Date(ms), id: '0' })).toBe(true);
      expect(positionOf({ at: new Date(ms - 1), id: 'zzzz' }) < moment).toBe(true);
    },
  );
});

function eventAt(version: number, ms: number, id: string): KeyEvent {
  return {
    id,
    type: 'api-key.updated',
    at: new Date(AT.getTime() + ms),
    keyId: ID,
    actor: 'alice',
    version,
    fields: ['name'],
  };
}

describe('the events of a key', () => {
  it.each([
    [
      'by version, even if the clock of the second instance is behind',
      [eventAt(1, 500, 'b'), eventAt(2, 0, 'a')],
    ],
    ['by time if they share a version', [eventAt(3, 0, 'b'), eventAt(3, 1, 'a')]],
    ['by id if they share a version and a time', [eventAt(3, 0, 'a'), eventAt(3, 0, 'b')]],
  ])('are sorted %s', (_how, events) => {
    expect(events.toSorted(byVersion)).toEqual(events);
    expect(events.toReversed().toSorted(byVersion)).toEqual(events);
  });
});
