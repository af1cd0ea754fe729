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
  grant: { scopes: ['memory:*'], allowedIps: [], rateLimits: [], ownerId: 'ada' },
  boundByMaxTtl: true,
  userId: 'ada',
};

/** Accepts only the session of Ada. */
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

  it('is allowed on a route that accepts sessions, without a tenant and without a key', async () => {
    const request = requestOf({ headers: bearer('session.ada') });
    expect(await ask(keys, request)).toEqual({ code: 'allowed', headers: NOT_CACHED });
    const access = accessOf(request);
    expect(access).toMatchObject({ caller: ada, tenant: {}, controller: People, handler: keys });
    expect(access?.presented).toBeUndefined();
  });

  it('is rejected with insufficient_scope if it lacks a required scope', async () => {
    const { code, headers } = await ask(write, requestOf({ headers: bearer('session.ada') }));
    expect(code).toBe('insufficient_scope');
    expect(headers['WWW-Authenticate']).toContain('scope="keys:write"');
  });

  it.each<[string, () => void, readonly string[], string]>([
    ['on a route that accepts only keys', keysOnly, bearer('session.ada'), 'malformed_token'],
    ['as X-API-Key', keys, ['X-API-Key', 'session.ada'], 'malformed_token'],
    ['as HTTP Basic', keys, ['Authorization', `Basic ${btoa('ada:session.ada')}`], 'malformed_token'],
    ['that is invalid', keys, bearer('session.eve'), 'invalid_session'],
  ])('is rejected with 401 for a session %s', async (_where, handler, headers, expected) => {
    const answered = await ask(handler, requestOf({ headers }));
    expect(answered.code).toBe(expected);
    expect(answered.headers['WWW-Authenticate']).toMatch(/^Bearer realm="keyward", error="invalid_token"/);
  });

  it('gets 429 after repeated invalid sessions from one address', async () => {
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

  it('gets the original error if the authenticator fails unexpectedly', async () => {
    const answered = await ask(keys, requestOf({ headers: bearer('session.fault') }));
    expect(answered).toEqual({
      code: 'fault',
      error: new RangeError('a fault of ours'),
      headers: NOT_CACHED,
    });
  });

  it('is rejected with malformed_token if no authenticator is provided', async () => {
    const alone = guardedRoute(door, People);
    expect((await alone(keys, requestOf({ headers: bearer('session.ada') }))).code).toBe('malformed_token');
  });
});

describe('a route that accepts sessions', () => {
  it('allows a key', async () => {
    const acme = await door.give({ orgId: 'acme', scopes: ['keys:read'] });
    const request = requestOf({ headers: bearer(acme.token) });
    expect((await guardedRoute(door, People, people)(keys, request)).code).toBe('allowed');
    expect(accessOf(request)).toMatchObject({
      presented: { key: { id: acme.id } },
      tenant: { orgId: 'acme' },
    });
  });

  it('rejects a request without a credential', async () => {
    expect((await guardedRoute(door, People, people)(keys, requestOf({}))).code).toBe('missing_credential');
  });
});
