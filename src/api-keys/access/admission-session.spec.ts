import { keyDoor } from '../../../test/support/key-door';
import { KeywardError } from '../../problems/keyward.error';
import { ProblemException } from '../../problems/problem.exception';
import type { Caller } from '../domain/caller';
import type { Authenticator } from '../ports/authenticator';

const ada: Caller = {
  actor: 'user:ada',
  scopes: ['keys:read'],
  grant: { scopes: ['memory:*'], allowedIps: [], rateLimits: [], ownerId: 'ada' },
  boundByMaxTtl: true,
  userId: 'ada',
};
const clientAddress = '203.0.113.7';

/** Accepts only the session of Ada. Fails with the given error for any other. */
function people(failure: Error = new KeywardError('invalid_session', 'Sign in again.')): Authenticator {
  return {
    recognizes: () => true,
    authenticate: async (token) => {
      if (token === 'session of ada') return ada;
      throw failure;
    },
  };
}

/** Returns the problem with which a session is rejected. */
async function refusal(admitted: Promise<unknown>): Promise<ProblemException> {
  const error: unknown = await admitted.then(
    () => new Error('the session was allowed'),
    (reason: unknown) => reason,
  );
  if (error instanceof ProblemException) return error;
  throw error;
}

describe('a user with a session', () => {
  const { admission } = keyDoor({ http: { realm: 'acme' } });
  const asAda = async (...allOf: string[]): Promise<Caller> =>
    admission.admitSession('session of ada', people(), { scopes: { allOf, anyOf: [] }, clientAddress });

  it('is allowed and becomes the caller of the request', async () => {
    expect(await asAda()).toBe(ada);
    expect(await asAda('keys:read')).toBe(ada);
  });

  it('gets 403 without a required scope, even if the user may grant that scope to a key', async () => {
    const { problem, headers } = await refusal(asAda('keys:read', 'memory:read'));
    expect(problem).toMatchObject({ code: 'insufficient_scope', status: 403 });
    expect(headers['WWW-Authenticate']).toMatch(
      /^Bearer realm="acme", error="insufficient_scope", .*scope="keys:read memory:read"$/,
    );
  });
});

describe('a user with an invalid session', () => {
  it('gets 401 with a challenge, and 429 after repeated failures', async () => {
    const { admission } = keyDoor({
      http: { realm: 'acme' },
      limits: { failedCredentials: { limit: 2, windowSeconds: 60 } },
    });
    const guess = async (): Promise<ProblemException> =>
      refusal(admission.admitSession('guess', people(), { scopes: { allOf: [], anyOf: [] }, clientAddress }));
    const first = await guess();
    expect(first.problem).toMatchObject({ code: 'invalid_session', status: 401, detail: 'Sign in again.' });
    expect(first.headers['WWW-Authenticate']).toBe(
      'Bearer realm="acme", error="invalid_token", error_description="The session is not valid"',
    );
    expect((await guess()).problem.code).toBe('invalid_session');
    expect((await guess()).problem).toMatchObject({ code: 'too_many_failures', status: 429 });
  });

  it.each([
    ['user_disabled', 403, {}],
    ['issuer_unavailable', 503, { 'Retry-After': '1' }],
  ] as const)(
    "gets the authenticator's error %s, which does not count as a failed credential",
    async (code, status, headers) => {
      const { admission } = keyDoor({ limits: { failedCredentials: { limit: 1, windowSeconds: 60 } } });
      const failing = people(new KeywardError(code, 'Ask an administrator.'));
      for (let time = 0; time < 3; time += 1) {
        const refused = await refusal(
          admission.admitSession('bob', failing, { scopes: { allOf: [], anyOf: [] }, clientAddress }),
        );
        expect(refused.problem).toMatchObject({ code, status, detail: 'Ask an administrator.' });
        expect(refused.headers).toEqual(headers);
      }
    },
  );
});

it('an unexpected error of the authenticator is passed on, and does not become a 401', async () => {
  const { admission } = keyDoor();
  const failing = people(new RangeError('a fault of ours'));
  await expect(
    admission.admitSession('bob', failing, { scopes: { allOf: [], anyOf: [] }, clientAddress }),
  ).rejects.toThrow(new RangeError('a fault of ours'));
});
