import { translateForeignRecord } from './foreign-record';
import { readScopeMap } from './scope-map';

function scopesAfter(entries: readonly string[], scopes: unknown): unknown {
  const read = readScopeMap(entries);
  if ('wrong' in read) throw new Error(`${read.wrong} is wrong`);
  const { record } = translateForeignRecord({ scopes }, read.map);
  return (record as { readonly scopes: unknown }).scopes;
}

describe('a translation of scopes', () => {
  it.each<readonly [readonly string[], unknown, unknown]>([
    [[], ['*', '*'], ['*', '*']],
    [['*=memory:*'], ['*'], ['memory:*']],
    [['*=memory:*', '*=report:read'], ['*'], ['memory:*', 'report:read']],
    [
      ['Read=memory:read', 'Write=memory:write'],
      ['Write', 'Read', 'other'],
      ['memory:write', 'memory:read', 'other'],
    ],
    [['read=memory:read', 'list=memory:read'], ['read', 'list'], ['memory:read']],
    [['role=admin=memory:*'], ['role=admin'], ['memory:*']],
    [['*=memory:*'], ['api-keys:*', 'memory:read'], ['api-keys:*', 'memory:read']],
    [['toString=memory:read'], ['toString', 'constructor'], ['memory:read', 'constructor']],
    [['*=memory:*'], '*', '*'],
    [['*=memory:*'], [7, null], [7, null]],
    [['*=memory:*'], null, []],
  ])('with the entries %j converts %j to %j', (entries, scopes, mapped) => {
    expect(scopesAfter(entries, scopes)).toEqual(mapped);
  });

  it.each(['*', '', '=memory:*', '*=', '*=Memory', '*=memory:*:read', '*=memory:* '])(
    'rejects the entry "%s"',
    (entry) => {
      expect(readScopeMap(['a=b', entry])).toEqual({ wrong: entry });
    },
  );
});
