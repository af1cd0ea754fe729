import { HistoryDto } from './history.dto';

const NOON = new Date('2027-01-31T12:00:00Z');

describe('the public form of a history', () => {
  it('has the actor, time, fields and reason of each change, and the number of dropped entries', () => {
    const history = HistoryDto.of({
      history: [
        { changeId: 'c1', action: 'created', at: NOON, by: 'cli', version: 1 },
        { changeId: 'c2', action: 'updated', at: NOON, by: 'key:k', version: 2, fields: ['scopes'] },
        { changeId: 'c3', action: 'revoked', at: NOON, by: 'user:ada', version: 3, reason: 'leaked' },
      ],
      historyDropped: 7,
    });
    expect(history).toEqual({
      data: [
        { action: 'created', at: NOON, by: 'cli', version: 1, fields: [], reason: null },
        { action: 'updated', at: NOON, by: 'key:k', version: 2, fields: ['scopes'], reason: null },
        { action: 'revoked', at: NOON, by: 'user:ada', version: 3, fields: [], reason: 'leaked' },
      ],
      dropped: 7,
    });
  });
});
