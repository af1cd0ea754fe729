import { grants, isRequirableScope, isScope, meetsScopes, scopeCovers } from './scopes';

const LONGEST = 'm'.repeat(128);

describe('a scope in a grant', () => {
  it.each([
    'memory',
    'memory:read',
    'memory:read:all',
    'memory:*',
    'memory:read:*',
    '*',
    'a',
    '0',
    'api-keys:rotate-self',
    'v1.memory_store:read',
    '.',
    '-',
    '_:_',
    LONGEST,
    `${'m'.repeat(126)}:*`,
  ])('can be %s', (text) => {
    expect(isScope(text)).toBe(true);
  });

  it.each([
    '',
    ' ',
    ':',
    ':*',
    'memory:',
    ':read',
    'memory::read',
    'memory:**',
    'memory*',
    'memory:re*',
    '*:read',
    '*:*',
    '**',
    'memory:*:read',
    'memory:*:*',
    'Memory:read',
    'memory:READ',
    'memory:read ',
    ' memory:read',
    'memory:read\n',
    'memory:read\0',
    'memory read',
    'memory,read',
    'memory/read',
    'mémoire:read',
    'memory:ｒead',
    'memory：read',
    '＊',
    'memory:\ud800',
    '$ne',
    `${LONGEST}m`,
    `${'m'.repeat(127)}:*`,
  ])('cannot be %j', (text) => {
    expect(isScope(text)).toBe(false);
    expect(isRequirableScope(text)).toBe(false);
  });
});

describe('a scope in a requirement', () => {
  it.each(['memory', 'memory:read', 'memory:read:all', LONGEST])('can be %s', (text) => {
    expect(isRequirableScope(text)).toBe(true);
  });

  it.each(['*', 'memory:*', 'memory:read:*'])('cannot be %s, which has a wildcard', (text) => {
    expect(isRequirableScope(text)).toBe(false);
  });
});

describe('scopeCovers', () => {
  it.each([
    ['*', 'memory'],
    ['*', 'memory:read'],
    ['*', 'memory:*'],
    ['*', '*'],
    ['memory', 'memory'],
    ['memory:read', 'memory:read'],
    ['memory:*', 'memory:read'],
    ['memory:*', 'memory:read:all'],
    ['memory:*', 'memory:read:*'],
    ['memory:*', 'memory:*'],
  ])('finds that %s covers %s', (granted, wanted) => {
    expect(scopeCovers(granted, wanted)).toBe(true);
  });

  it.each([
    ['memory:*', 'memory'],
    ['memory:*', 'memory:'],
    ['memory:*', '*'],
    ['memory:*', 'memories:read'],
    ['memory:*', 'memory-store:read'],
    ['mem:*', 'memory:read'],
    ['memory:read:*', 'memory:*'],
    ['memory:read:*', 'memory:read'],
    ['memory', 'memory:read'],
    ['memory', 'memory:*'],
    ['memory:read', 'memory'],
    ['memory:read', 'memory:read:all'],
    ['memory:read', 'memory:write'],
    ['memory:read', 'memory:rea'],
    ['memory:read', '*'],
  ])('finds that %s does not cover %s', (granted, wanted) => {
    expect(scopeCovers(granted, wanted)).toBe(false);
  });
});

describe('a key without scopes', () => {
  it.each(['memory', 'memory:read', 'memory:*', '*', ''])('does not hold %j [T7]', (wanted) => {
    expect(grants([], wanted)).toBe(false);
  });

  it('meets only requirements without scopes', () => {
    expect(meetsScopes([], { allOf: [], anyOf: [] })).toBe(true);
    expect(meetsScopes([], { allOf: ['memory:read'], anyOf: [] })).toBe(false);
    expect(meetsScopes([], { allOf: [], anyOf: [['memory:read']] })).toBe(false);
  });
});

describe('a key that reads memories and writes notes', () => {
  const held = ['memory:read', 'notes:*'];

  it.each([
    [['memory:read'], []],
    [['memory:read', 'notes:write'], []],
    [[], [['memory:write', 'memory:read']]],
    [['memory:read'], [['notes:read', 'memory:write']]],
    [[], [['memory:read'], ['notes:write']]],
    [[], []],
  ])('meets allOf %j and anyOf %j', (allOf, anyOf) => {
    expect(meetsScopes(held, { allOf, anyOf })).toBe(true);
  });

  it.each([
    [['memory:write'], []],
    [['memory:read', 'memory:write'], []],
    [[], [['memory:write', 'memory:delete']]],
    [['memory:write'], [['notes:read']]],
    [['memory:read'], [['memory:write']]],
    [[], [['memory:read'], ['memory:write']]],
    [[], [[]]],
  ])('does not meet allOf %j and anyOf %j', (allOf, anyOf) => {
    expect(meetsScopes(held, { allOf, anyOf })).toBe(false);
  });
});
