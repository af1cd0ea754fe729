import { guardedRoute, NOT_CACHED, requestOf } from '../../../test/support/guarded-route';
import { keyDoor } from '../../../test/support/key-door';
import { KeywardError } from '../../problems/keyward.error';
import type { Caller } from '../domain/caller';
import type { Authenticator } from '../ports/authenticator';
import {
  AllowSessions,
  Authenticated,
  ClientCredentials,
  RequireScopes,
  SelfScoped,
} from './access.decorators';
import { accessOf } from './verified-access';

@SelfScoped()
class People {
  @RequireScopes('keys:read')
  @AllowSessions()
  @ClientCredentials()
  keys(this: void): void {}

  @RequireScopes('keys:write')
  @AllowSessions()
  write(this: void): void {}

  @Authenticated()
  keysOnly(this: void): void {}
}
const { keys, write, keysOnly } = People.prototype;

const ada: Caller = {
  actor: 'user:ada',
  scopes: ['keys:read'],
  grant: { scopes: ['memory:*'], allowedIps: [], ownerId: 'ada' },
  boundByMaxTtl: true,
  userId: 'ada',
};

/** Knows Ada, by what has the form of a session. */
const people: Authenticator = {
  recognizes: (token) => token.startsWith('session.'),
  authenticate: async (token) => {
    if (token === 'session.ada') return ada;
    if (token === 'session.fault') throw new RangeError('a fault of ours');
    throw new KeywardError('invalid_session', 'Sign in again.');
  },
};

const bearer = (token: string): readonly string[] => ['Authorization', `Bearer ${token}`];
const door = keyDoor();

describe('a user with a session', () => {
  const ask = guardedRoute(door, People, people);

  it('is let in as herself where the route takes sessions, for no tenant and with no key', async () => {
    const request = requestOf({ headers: bearer('session.ada') });
    expect(await ask(keys, request)).toEqual({ code: 'let in', headers: NOT_CACHED });
    const access = accessOf(request);
    expect(access).toMatchObject({ caller: ada, tenant: {}, controller: People, handler: keys });
    expect(access?.presented).toBeUndefined();
  });

  it('is refused where she lacks a scope', async () => {
    const { code, headers } = await ask(write, requestOf({ headers: bearer('session.ada') }));
    expect(code).toBe('insufficient_scope');
    expect(headers['WWW-Authenticate']).toContain('scope="keys:write"');
  });

  it.each<[string, () => void, readonly string[], string]>([
    ['where the route takes keys alone', keysOnly, bearer('session.ada'), 'malformed_token'],
    ['as X-API-Key', keys, ['X-API-Key', 'session.ada'], 'malformed_token'],
    ['as HTTP Basic', keys, ['Authorization', `Basic ${btoa('ada:session.ada')}`], 'malformed_token'],
    ['that is not good', keys, bearer('session.eve'), 'invalid_session'],
  ])('is refused with a session %s', async (_where, handler, headers, expected) => {
    const answered = await ask(handler, requestOf({ headers }));
    expect(answered.code).toBe(expected);
    expect(answered.headers['WWW-Authenticate']).toMatch(/^Bearer realm="keyward", error="invalid_token"/);
  });

  it('is counted by her address where she guesses', async () => {
    const strict = keyDoor({ limits: { failedCredentials: { limit: 2, windowSeconds: 60 } } });
    const guess = async (address: string): Promise<string> =>
      (
        await guardedRoute(
          strict,
          People,
          people,
        )(keys, requestOf({ headers: bearer('session.eve'), address }))
      ).code;
    expect([await guess('198.51.100.7'), await guess('198.51.100.7')]).toEqual([
      'invalid_session',
      'invalid_session',
    ]);
    expect(await guess('198.51.100.7')).toBe('too_many_failures');
    expect(await guess('198.51.100.8')).toBe('invalid_session');
  });

  it('hears nothing of a fault of ours', async () => {
    const answered = await ask(keys, requestOf({ headers: bearer('session.fault') }));
    expect(answered).toEqual({
      code: 'fault',
      error: new RangeError('a fault of ours'),
      headers: NOT_CACHED,
    });
  });

  it('is a stranger where nobody keeps users', async () => {
    const alone = guardedRoute(door, People);
    expect((await alone(keys, requestOf({ headers: bearer('session.ada') }))).code).toBe('malformed_token');
  });
});

describe('a key at a route that takes sessions', () => {
  it('is let in as a key', async () => {
    const acme = await door.give({ orgId: 'acme', scopes: ['keys:read'] });
    const request = requestOf({ headers: bearer(acme.token) });
    expect((await guardedRoute(door, People, people)(keys, request)).code).toBe('let in');
    expect(accessOf(request)).toMatchObject({
      presented: { key: { id: acme.id } },
      tenant: { orgId: 'acme' },
    });
  });

  it('is asked for where nothing is presented', async () => {
    expect((await guardedRoute(door, People, people)(keys, requestOf({}))).code).toBe('missing_credential');
  });
});
