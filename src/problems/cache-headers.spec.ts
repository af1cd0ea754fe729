import { keepFromCaches, variedBy } from './cache-headers';

describe('Vary', () => {
  it.each([
    [undefined, 'Authorization, X-API-Key'],
    ['', 'Authorization, X-API-Key'],
    ['Origin', 'Origin, Authorization, X-API-Key'],
    [['Origin', 'Accept'], 'Origin, Accept, Authorization, X-API-Key'],
    ['authorization ,x-api-key', 'authorization, x-api-key'],
    ['X-Authorization', 'X-Authorization, Authorization, X-API-Key'],
    ['*', '*'],
    ['Origin, *', '*'],
  ])('covers the credential headers if its previous value was %j', (present, expected) => {
    expect(variedBy(present)).toBe(expected);
  });

  it('names the given headers instead of the credential headers', () => {
    expect(variedBy(undefined, ['Authorization', 'X-Org-Id'])).toBe('Authorization, X-Org-Id');
  });
});

describe('a response to a request that may carry a credential', () => {
  it('has Cache-Control: no-store, whatever was set before', () => {
    const headers = new Map<string, unknown>([
      ['Cache-Control', 'public, max-age=60'],
      ['Vary', 'Origin'],
    ]);
    const adapter = {
      getHeader: (_response: unknown, name: string) => headers.get(name),
      setHeader: (_response: unknown, name: string, value: string) => headers.set(name, value),
    };
    keepFromCaches(adapter, {});
    expect(Object.fromEntries(headers)).toEqual({
      'Cache-Control': 'no-store',
      Vary: 'Origin, Authorization, X-API-Key',
    });
  });
});
