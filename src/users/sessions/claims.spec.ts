import type { JWTPayload } from 'jose';
import { claimAt, isAdministrator, organisationsIn, profileIn } from './claims';

/** Claims as they come out of a token: `__proto__` is a name like any other in JSON. */
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
  ])('is found at "%s"', (path, expected) => {
    expect(claimAt(claims, path)).toEqual(expected);
  });

  it.each([
    '__proto__',
    'constructor',
    'constructor.name',
    'toString',
    '__proto__.polluted',
    'app.constructor',
  ])('is not found at "%s", which every object has', (path) => {
    expect(claimAt(claims, path)).toBeUndefined();
  });

  it('of a prototype’s name is a claim where the token has it', () => {
    const hostile = parsed('{"__proto__":{"roles":["admin"]},"constructor":"acme"}');
    expect(claimAt(hostile, '__proto__.roles')).toEqual(['admin']);
    expect(claimAt(hostile, 'constructor')).toBe('acme');
    expect(claimAt(hostile, 'roles')).toBeUndefined();
    expect(Reflect.get({}, 'roles')).toBeUndefined();
  });
});

describe('the organisations of a person', () => {
  it.each<readonly [string, unknown, readonly string[]]>([
    ['one by name', 'acme', ['acme']],
    ['several in a list', ['acme', 'globex'], ['acme', 'globex']],
    ['none in an empty list', [], []],
    ['none where the claim is null', null, []],
    ['none in an object', { acme: true }, []],
    ['one by number', 7, ['7']],
    ['several by number', [7, 'globex', 9_007_199_254_740_991], ['7', 'globex', '9007199254740991']],
    ['none in a number that JSON does not keep exactly', 9_007_199_254_740_992, []],
    ['none in a list of numbers that are not exact or not whole', [1e300, 2 ** 53, 0.5, -0.1, NaN], []],
    ['none in a truth value', true, []],
    ['only the texts and numbers of a list', ['acme', 7, null, ['globex'], { id: 'x' }], ['acme', '7']],
    ['only what a tenant can be called', ['acme', '', '*', 'a b', 'a'.repeat(129), 'ä'], ['acme']],
    ['not the parts of a text', 'acme globex', []],
    ['not the parts of a list in a text', 'acme,globex', []],
  ])('are %s', (_what, orgs, expected) => {
    expect(organisationsIn({ orgs }, 'orgs')).toEqual(expected);
  });

  it('are none where no claim is configured', () => {
    expect(organisationsIn({ orgs: ['acme'], undefined: ['acme'] }, undefined)).toEqual([]);
  });
});

describe('an administrator', () => {
  it.each<readonly [string, string, unknown]>([
    ['a text', 'roles=admin', 'admin'],
    ['a member of a list', 'roles=admin', ['user', 'admin']],
    ['a value with an equals sign', 'roles=cn=admin', 'cn=admin'],
    ['a value with spaces', 'roles=key admin', ['key admin']],
  ])('is who has %s', (_what, adminClaim, roles) => {
    expect(isAdministrator({ roles }, adminClaim)).toBe(true);
  });

  it('is found along a path, and under a name with dots', () => {
    expect(isAdministrator({ realm_access: { roles: ['admin'] } }, 'realm_access.roles=admin')).toBe(true);
    expect(isAdministrator({ 'https://a.example/roles': ['admin'] }, 'https://a.example/roles=admin')).toBe(
      true,
    );
  });

  it.each<readonly [string, unknown]>([
    ['no such claim', undefined],
    ['another case', ['Admin']],
    ['a longer value', 'administrator'],
    ['a shorter value', 'adm'],
    ['the value among others in one text', 'user admin'],
    ['the value and a space', ['admin ']],
    ['a list in a list', [['admin']]],
    ['the value as a name', { admin: true }],
    ['true', true],
  ])('is nobody who has %s [T71]', (_what, roles) => {
    expect(isAdministrator({ roles }, 'roles=admin')).toBe(false);
  });

  it('is nobody where none is configured, nor by what every object has', () => {
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

  it('is what the standard claims say', () => {
    expect(profileIn({ ...full, nickname: 'countess' })).toEqual({
      email: 'ada@acme.example',
      emailVerified: true,
      name: 'Ada',
      picture: 'https://acme.example/a.png',
    });
  });

  it('is empty where they say nothing', () => {
    expect(profileIn({})).toEqual({ emailVerified: false });
  });

  it('has a verified address if the claim is true or the text "true"', () => {
    for (const email_verified of [true, 'true'])
      expect(profileIn({ ...full, email_verified }).emailVerified).toBe(true);
  });

  it.each(['false', 'TRUE', 'yes', '1', '', 1, null, ['true'], {}])(
    'has no verified address where the claim is %j',
    (email_verified) => {
      expect(profileIn({ ...full, email_verified }).emailVerified).toBe(false);
    },
  );

  it.each<readonly [string, unknown]>([
    ['empty', ''],
    ['a number', 5],
    ['a list', ['ada@acme.example']],
    ['an object', { $ne: null }],
    ['half a character', 'ada\ud800'],
    ['null', null],
  ])('leaves out what is %s', (_what, value) => {
    expect(profileIn({ email: value, name: value, picture: value })).toEqual({ emailVerified: false });
  });

  it('holds 320 characters of an address or a name and 2048 of a picture, and not one more', () => {
    const fits = { email: 'e'.repeat(320), name: 'n'.repeat(320), picture: 'p'.repeat(2048) };
    expect(profileIn(fits)).toEqual({ ...fits, emailVerified: false });
    const longer = Object.fromEntries(Object.entries(fits).map(([name, text]) => [name, `${text}x`]));
    expect(profileIn(longer)).toEqual({ emailVerified: false });
  });
});
