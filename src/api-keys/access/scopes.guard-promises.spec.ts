import { guardedRoute, requestOf } from '../../../test/support/guarded-route';
import { keyDoor } from '../../../test/support/key-door';
import { KeywardError } from '../../problems/keyward.error';
import { newKeyId } from '../domain/key-id';
import { issueToken } from '../domain/token/key-token';
import type { Authenticator } from '../ports/authenticator';
import { AllowSessions, RequireScopes, SelfScoped } from './access.decorators';
import { accessOf } from './verified-access';

class Memories {
  @RequireScopes('memory:read')
  read(this: void): void {}

  @RequireScopes('memory:read')
  @SelfScoped()
  @AllowSessions()
  own(this: void): void {}
}
const { read, own } = Memories.prototype;

const people: Authenticator = {
  recognizes: (token) => token.startsWith('session.'),
  authenticate: async (token) => {
    if (token !== 'session.ada') throw new KeywardError('invalid_session', 'Sign in again.');
    const scopes = ['memory:read'];
    return {
      actor: 'user:ada',
      scopes,
      grant: { scopes, allowedIps: [], rateLimits: [] },
      boundByMaxTtl: true,
    };
  },
};

const Native = Promise;

/** A class like that of zone.js. Promises of async functions are not instances of it. */
class ZoneAwarePromise<T> implements PromiseLike<T> {
  private readonly inner: Promise<T>;

  constructor(executor: ConstructorParameters<typeof Promise<T>>[0]) {
    this.inner = new Native(executor);
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a promise is one
  then<R = T, E = never>(
    ...handlers: Parameters<typeof Promise.prototype.then<R, E>>
  ): ZoneAwarePromise<R | E> {
    const then = this.inner.then.bind(this.inner) as (...all: unknown[]) => Promise<R | E>;
    return new ZoneAwarePromise((resolve) => resolve(then(...handlers)));
  }

  catch(handler: (reason: unknown) => T): ZoneAwarePromise<T> {
    return this.then(undefined, handler);
  }

  static resolve(value: unknown): ZoneAwarePromise<unknown> {
    return new ZoneAwarePromise((resolve) => resolve(value));
  }

  static all(values: Iterable<unknown>): ZoneAwarePromise<unknown[]> {
    return new ZoneAwarePromise((resolve) => resolve(Native.all(values)));
  }
}

class SubclassedPromise<T> extends Promise<T> {}

async function inHostWith<T>(change: () => void, run: () => Promise<T>): Promise<T> {
  change();
  try {
    return await run();
  } finally {
    globalThis.Promise = Native;
    for (const polluted of POLLUTED) Reflect.deleteProperty(polluted, 'code');
  }
}

const replacedBy = (replacement: unknown) => (): void => {
  globalThis.Promise = replacement as typeof Promise;
};

const POLLUTED = [Promise.prototype, Object.prototype];
const withCodeOn = (prototype: object) => (): void => {
  Object.defineProperty(prototype, 'code', { value: 'VALID', configurable: true, writable: true });
};

const bearer = (token: string): readonly string[] => ['Authorization', `Bearer ${token}`];

describe.each<[string, () => void]>([
  ['replaced the global Promise by its own class, like zone.js', replacedBy(ZoneAwarePromise)],
  ['replaced the global Promise by a subclass', replacedBy(SubclassedPromise)],
  ['added `code` to Promise.prototype', withCodeOn(Promise.prototype)],
  ['added `code` to Object.prototype', withCodeOn(Object.prototype)],
])('the guard in a host that has %s', (_what, change) => {
  const door = keyDoor();
  const ask = guardedRoute(door, Memories, people);
  const codeFor = async (token: string, orgId?: string): Promise<string> => {
    const params = orgId === undefined ? {} : { orgId };
    const request = requestOf({ headers: bearer(token), params });
    const { code } = await inHostWith(change, async () => ask(orgId === undefined ? own : read, request));
    expect(accessOf(request) !== undefined).toBe(code === 'allowed');
    return code;
  };

  it('rejects an invalid session [T45]', async () => {
    expect(await codeFor('session.eve')).toBe('invalid_session');
  });

  it('allows a valid session', async () => {
    expect(await codeFor('session.ada')).toBe('allowed');
  });

  it('rejects a key that does not exist', async () => {
    expect(await codeFor(issueToken('kw', newKeyId(new Date())).token)).toBe('invalid_token');
  });

  it.each(['for the first time, from the store', 'again, from the cache'])(
    'allows acme’s key and rejects globex’s on acme’s route: %s [T45]',
    async (when) => {
      const [acme, globex] = [
        await door.give({ orgId: 'acme', scopes: ['memory:read'] }),
        await door.give({ orgId: 'globex', scopes: ['memory:read'] }),
      ];
      for (let uses = when.startsWith('again') ? 2 : 1; uses > 0; uses -= 1) {
        expect(await codeFor(acme.token, 'acme')).toBe('allowed');
        expect(await codeFor(globex.token, 'acme')).toBe('binding_mismatch');
      }
    },
  );

  it('rejects a key that lacks the scope', async () => {
    const { token } = await door.give({ orgId: 'acme', scopes: ['memory:write'] });
    expect(await codeFor(token, 'acme')).toBe('insufficient_scope');
  });
});
