import { CurrentApiKey, type CurrentKey } from './parameter.decorators';
import { AllowSessions, Authenticated, SelfScoped } from './access.decorators';
import { compileRouteAccess } from './route-access';
import { attachAccess, requirePresentedKey } from './verified-access';

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

describe('a route that takes sessions', () => {
  it('says so', () => {
    expect(compileRouteAccess(People, People.prototype.mine)).toMatchObject({
      sessions: true,
      selfScoped: true,
    });
  });

  it('stops the start where it does not limit itself, for a session names no tenant', () => {
    expect(() => compileRouteAccess(People, People.prototype.open)).toThrow(
      'People.open has @AllowSessions() without @SelfScoped()',
    );
  });

  it('has no key to hand to a handler where a session was presented, and says what is missing', () => {
    const request = {};
    const caller = {
      actor: 'user:1',
      scopes: [],
      grant: { scopes: [], allowedIps: [] },
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
    expect(() => requirePresentedKey(request, '@CurrentApiKey()')).toThrow(
      'requires a route without @AllowSessions()',
    );
  });
});
