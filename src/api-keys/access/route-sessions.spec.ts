import { CurrentApiKey, type CurrentKey } from './parameter.decorators';
import { AllowSessions, Authenticated, SelfScoped } from './access.decorators';
import { compileRouteAccess } from './route-access';
import { accessOf, attachAccess, requirePresentedKey } from './verified-access';

class People {
  @Authenticated()
  @SelfScoped()
  @AllowSessions()
  mine(this: void, @CurrentApiKey() key: CurrentKey): string {
    return key.id;
  }

  @Authenticated()
  @AllowSessions()
  open(this: void): string {
    return '';
  }
}

describe('a route with @AllowSessions()', () => {
  it('accepts sessions', () => {
    expect(compileRouteAccess(People, People.prototype.mine)).toMatchObject({
      sessions: true,
      selfScoped: true,
    });
  });

  it('causes a ConfigurationError without @SelfScoped()', () => {
    expect(() => compileRouteAccess(People, People.prototype.open)).toThrow(
      'People.open has @AllowSessions() without @SelfScoped()',
    );
  });

  it('throws if a handler injects the key of a request with a session', () => {
    const request = {};
    const caller = {
      actor: 'user:1',
      scopes: [],
      grant: { scopes: [], allowedIps: [], rateLimits: [] },
      boundByMaxTtl: true,
    };
    attachAccess({
      guard: {},
      request,
      params: undefined,
      caller,
      tenant: {},
      controller: People,
      handler: People.prototype.mine,
    });
    expect(() => requirePresentedKey(accessOf(request), '@CurrentApiKey()')).toThrow(
      'requires a route without @AllowSessions()',
    );
  });
});
