import type { JWTPayload } from 'jose';
import { administeredIn, claimAt, isAdministrator, organisationsIn, profileIn } from './claims';

/** Returns claims parsed from JSON, in which `__proto__` is a normal name. */
function parsed(json: string): JWTPayload {
  return JSON.parse(json) as JWTPayload;
}

describe('a claim', () => {
  const claims: JWTPayload = {
    orgs: ['acme'],
    'https://acme.example/orgs': ['globex'],
    realm_access: { roles: ['admin'], 'a.b': 1 },
    'app.tenant': 'whole',
    app: { tenant: 'path' },
    nothing: null,
  };

  it.each<readonly [string, unknown]>([
    ['orgs', ['acme']],
    ['https://acme.example/orgs', ['globex']],
    ['realm_access.roles', ['admin']],
    ['app.tenant', 'whole'],
    ['nothing', null],
    ['missing', undefined],
    ['orgs.missing', undefined],
    ['realm_access.a.b', undefined],
    ['nothing.more', undefined],
    ['app.tenant.more', undefined],
    ['realm_access.', undefined],
    ['.orgs', undefined],
    ['', undefined],
    ['ORGS', undefined],
  ])('at the path "%s" is %j', (path, expected) => {
    expect(claimAt(claims, path)).toEqual(expected);
  });

  it.each([
    '__proto__',
    'constructor',
    'constructor.name',
    'toString',
    '__proto__.polluted',
    'app.constructor',
  ])('at the path "%s" is undefined, although every JavaScript object has this property', (path) => {
    expect(claimAt(claims, path)).toBeUndefined();
  });

  it('with the name of a prototype property is found if the token contains it', () => {
    const hostile = parsed('{"__proto__":{"roles":["admin"]},"constructor":"acme"}');
    expect(claimAt(hostile, '__proto__.roles')).toEqual(['admin']);
    expect(claimAt(hostile, 'constructor')).toBe('acme');
    expect(claimAt(hostile, 'roles')).toBeUndefined();
    expect(Reflect.get({}, 'roles')).toBeUndefined();
  });
});

describe('the organisations of a user', () => {
  it.each<readonly [string, unknown, readonly string[]]>([
    ['one text', 'acme', ['acme']],
    ['all texts of a list', ['acme', 'globex'], ['acme', 'globex']],
    ['none for an empty list', [], []],
    ['none for null', null, []],
    ['none for an object', { acme: true }, []],
    ['one number', 7, ['7']],
    ['all numbers of a list', [7, 'globex', 9_007_199_254_740_991], ['7', 'globex', '9007199254740991']],
    ['none for a number that JSON rounds', 9_007_199_254_740_992, []],
    ['none for a list of numbers that are rounded or not whole', [1e300, 2 ** 53, 0.5, -0.1, NaN], []],
    ['none for a boolean', true, []],
    ['only the texts and numbers of a list', ['acme', 7, null, ['globex'], { id: 'x' }], ['acme', '7']],
    ['only the valid ids of a list', ['acme', '', '*', 'a b', 'a'.repeat(129), 'ä'], ['acme']],
    ['none for a text with spaces', 'acme globex', []],
    ['none for a text with commas', 'acme,globex', []],
  ])('are %s', (_what, orgs, expected) => {
    expect(organisationsIn({ orgs }, 'orgs')).toEqual(expected);
  });

  it('are none if no claim is configured', () => {
    expect(organisationsIn({ orgs: ['acme'], undefined: ['acme'] }, undefined)).toEqual([]);
  });
});

describe('the administrator claim', () => {
  it.each<readonly [string, string, unknown]>([
    ['the value as text', 'roles=admin', 'admin'],
    ['the value in a list', 'roles=admin', ['user', 'admin']],
    ['a value with an equals sign', 'roles=cn=admin', 'cn=admin'],
    ['a value with spaces', 'roles=key admin', ['key admin']],
  ])('matches %s', (_what, adminClaim, roles) => {
    expect(isAdministrator({ roles }, adminClaim)).toBe(true);
  });

  it('can be a path, or a name with dots', () => {
    expect(isAdministrator({ realm_access: { roles: ['admin'] } }, 'realm_access.roles=admin')).toBe(true);
    expect(isAdministrator({ 'https://a.example/roles': ['admin'] }, 'https://a.example/roles=admin')).toBe(
      true,
    );
  });

  it.each<readonly [string, unknown]>([
    ['a missing claim', undefined],
    ['the value in another case', ['Admin']],
    ['a longer value', 'administrator'],
    ['a shorter value', 'adm'],
    ['a text with other values', 'user admin'],
    ['the value with a space', ['admin ']],
    ['a list in a list', [['admin']]],
    ['an object with the value as a name', { admin: true }],
    ['true', true],
  ])('does not match %s [T71]', (_what, roles) => {
    expect(isAdministrator({ roles }, 'roles=admin')).toBe(false);
  });

  it('matches nothing if it is not configured, and never a built-in property of objects', () => {
    expect(isAdministrator({ roles: ['admin'], undefined: 'undefined' }, undefined)).toBe(false);
    expect(isAdministrator({}, 'constructor.name=Object')).toBe(false);
  });
});

describe('a profile', () => {
  const full = {
    email: 'ada@acme.example',
    email_verified: true,
    name: 'Ada',
    picture: 'https://acme.example/a.png',
  };

  it('contains the standard claims', () => {
    expect(profileIn({ ...full, nickname: 'countess' })).toEqual({
      email: 'ada@acme.example',
      emailVerified: true,
      name: 'Ada',
      picture: 'https://acme.example/a.png',
    });
  });

  it('is empty without standard claims', () => {
    expect(profileIn({})).toEqual({ emailVerified: false });
  });

  it('has a verified email address if the claim is true or the text "true"', () => {
    for (const email_verified of [true, 'true'])
      expect(profileIn({ ...full, email_verified }).emailVerified).toBe(true);
  });

  it.each(['false', 'TRUE', 'yes', '1', '', 1, null, ['true'], {}])(
    'has no verified email address if the claim is %j',
    (email_verified) => {
      expect(profileIn({ ...full, email_verified }).emailVerified).toBe(false);
    },
  );

  it.each<readonly [string, unknown]>([
    ['an empty text', ''],
    ['a number', 5],
    ['a list', ['ada@acme.example']],
    ['an object', { $ne: null }],
    ['a text with an unpaired surrogate', 'ada\ud800'],
    ['null', null],
  ])('leaves out a claim that is %s', (_what, value) => {
    expect(profileIn({ email: value, name: value, picture: value })).toEqual({ emailVerified: false });
  });

  it('leaves out an email address or a name over 320 characters, and a picture URL over 2048', () => {
    const fits = { email: 'e'.repeat(320), name: 'n'.repeat(320), picture: 'p'.repeat(2048) };
    expect(profileIn(fits)).toEqual({ ...fits, emailVerified: false });
    const longer = Object.fromEntries(Object.entries(fits).map(([name, text]) => [name, `${text}x`]));
    expect(profileIn(longer)).toEqual({ emailVerified: false });
  });
});

describe('the organisations that a user administers', () => {
  const many = Array.from({ length: 101 }, (_, index) => `org-${index}`);

  it.each([
    ['each once', ['acme', 'globex', 'acme'], ['acme', 'globex']],
    ['up to 100', many.slice(1), many.slice(1)],
    ['none if there are more than 100', many, []],
    ['none in an object', { acme: true }, []],
  ])('are taken from the claim: %s [T126]', (_what, claim, orgIds) => {
    expect(administeredIn({ admin_of: claim }, 'admin_of')).toEqual(orgIds);
    expect(administeredIn({ admin_of: claim }, undefined)).toEqual([]);
  });
});
