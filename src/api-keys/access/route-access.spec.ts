import type { Type } from '@nestjs/common';
import { guardedAccess } from '../../../test/support/guarded-access';
import { ConfigurationError } from '../../problems/configuration.error';
import {
  Authenticated,
  Cost,
  Possession,
  Public,
  RequireAnyScope,
  RequireScopes,
  SelfScoped,
  TenantHeaders,
  Uncached,
} from './access.decorators';
import { compileRouteAccess, type RouteAccess, RouteAccessTable } from './route-access';

type Decorator = ClassDecorator & MethodDecorator;

/** Returns the access of a route with these decorators on its class and its method. */
function accessOf(onClass: readonly Decorator[], onMethod: readonly Decorator[]): RouteAccess {
  class Memories {
    list(this: void): void {}
  }
  return compileRouteAccess(...decorate(Memories, 'list', onClass, onMethod));
}

function decorate(
  controller: Type,
  name: string,
  onClass: readonly Decorator[],
  onMethod: readonly Decorator[],
): [Type, object] {
  const prototype = controller.prototype as object;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  if (descriptor === undefined) throw new Error(`no method ${name}`);
  for (const decorator of onMethod) decorator(prototype, name, descriptor);
  for (const decorator of onClass) decorator(controller);
  return [controller, descriptor.value as object];
}

/** Returns the scopes that a route requires all of. */
function scopesOf(controller: Type, handler: object): readonly string[] {
  const access = compileRouteAccess(controller, handler);
  return access.kind === 'guarded' ? access.scopes.allOf : [];
}

describe('a route', () => {
  it('with @Uncached() reads the key from the store instead of the cache', () => {
    const access = accessOf([], [Authenticated(), Uncached()]);
    expect(access).toEqual(guardedAccess({ verification: { noCache: true, uncounted: false } }));
  });

  it.each<[string, Decorator[], Decorator[], number]>([
    ['its own cost', [], [Authenticated(), Cost(5)], 5],
    ['the cost of its class', [Cost(5)], [Authenticated()], 5],
    ['its own cost in place of that of its class', [Cost(5), Authenticated()], [Cost(0)], 0],
  ])('has %s', (_what, onClass, onMethod, cost) => {
    expect(accessOf(onClass, onMethod)).toMatchObject({ verification: { cost } });
  });

  it.each<[string, Decorator[], Decorator[]]>([
    ['alone', [], [Cost(5)]],
    ['alone on its class', [Cost(5)], []],
    ['and @SelfScoped()', [], [Cost(5), SelfScoped()]],
    ['and @Public()', [], [Cost(5), Public()]],
  ])('cannot have @Cost() %s, because it would count nothing [T122]', (_what, onClass, onMethod) => {
    expect(() => accessOf(onClass, onMethod)).toThrow(ConfigurationError);
  });

  it('without decorators is undeclared', () => {
    expect(accessOf([], [])).toEqual({ kind: 'undeclared' });
  });

  it.each<[string, Decorator[], Decorator[]]>([
    ['@SelfScoped()', [], [SelfScoped()]],
    ['@TenantHeaders()', [], [TenantHeaders()]],
    ['both on its class', [SelfScoped(), TenantHeaders()], []],
  ])('with only %s is undeclared', (_what, onClass, onMethod) => {
    expect(accessOf(onClass, onMethod)).toEqual({ kind: 'undeclared' });
  });

  it.each<[string, Decorator[], Decorator[]]>([
    ['its method', [], [Public()]],
    ['its class', [Public()], []],
    ['both', [Public()], [Public()]],
  ])('with @Public() on %s is public', (_who, onClass, onMethod) => {
    expect(accessOf(onClass, onMethod)).toEqual({ kind: 'public' });
  });

  it('with @Authenticated() requires a key and no scope', () => {
    expect(accessOf([], [Authenticated()])).toEqual(guardedAccess({}));
  });

  it('with @Possession() requires only the current token unless it has a stricter decorator', () => {
    const possession = Possession() as Decorator;
    expect(accessOf([SelfScoped()], [possession])).toEqual(
      guardedAccess({
        selfScoped: true,
        possession: true,
        verification: { uncounted: true, noCache: false },
      }),
    );
    expect(accessOf([RequireScopes('memory:read')], [possession])).toEqual(
      guardedAccess({ scopes: { allOf: ['memory:read'], anyOf: [] } }),
    );
    expect(accessOf([Authenticated()], [possession])).toEqual(guardedAccess({}));
  });

  it('requires a scope only once if both its method and its class declare it', () => {
    const access = accessOf(
      [RequireScopes('memory:use', 'memory:read')],
      [RequireScopes('memory:read', 'memory:write'), RequireScopes('audit:read'), Authenticated()],
    );

    expect(access).toEqual(
      guardedAccess({
        scopes: { allOf: ['memory:use', 'memory:read', 'memory:write', 'audit:read'], anyOf: [] },
      }),
    );
  });

  it('requires one scope of each @RequireAnyScope() and all of @RequireScopes()', () => {
    const access = accessOf(
      [RequireAnyScope('a:read', 'b:read')],
      [RequireAnyScope('c:read', 'a:read'), RequireScopes('d:read')],
    );

    expect(access).toEqual(
      guardedAccess({
        scopes: {
          allOf: ['d:read'],
          anyOf: [
            ['a:read', 'b:read'],
            ['c:read', 'a:read'],
          ],
        },
      }),
    );
  });

  it('inherits the tenant decorators of its class', () => {
    expect(accessOf([SelfScoped(), TenantHeaders()], [Authenticated()])).toEqual(
      guardedAccess({ selfScoped: true, tenantHeaders: true }),
    );
  });
});

describe('a route with contradictory decorators', () => {
  const guarding: [string, Decorator][] = [
    ['RequireScopes', RequireScopes('memory:read')],
    ['RequireAnyScope', RequireAnyScope('memory:read')],
    ['Authenticated', Authenticated()],
    ['SelfScoped', SelfScoped()],
    ['TenantHeaders', TenantHeaders()],
  ];

  it.each(guarding)(
    'causes a ConfigurationError with @Public() and @%s() on its class or method',
    (_name, decorator) => {
      const sentence =
        'Memories.list has both @Public() and a decorator that requires access: remove one of them.';
      for (const [onClass, onMethod] of [
        [[Public()], [decorator]],
        [[decorator], [Public()]],
        [[], [decorator, Public()]],
        [[Public(), decorator], []],
      ] as const) {
        expect(() => accessOf(onClass, onMethod)).toThrow(new ConfigurationError(sentence));
      }
    },
  );
});

describe('a controller that extends another', () => {
  @RequireScopes('base:use')
  class Base {
    @RequireScopes('memory:read')
    list(this: void): void {}

    @RequireScopes('memory:write')
    add(this: void): void {}
  }

  @RequireScopes('memory:use')
  class Derived extends Base {
    override add(this: void): void {}
  }

  it('requires the scopes of its parent as well as its own', () => {
    expect(scopesOf(Derived, Derived.prototype.list)).toEqual(['base:use', 'memory:use', 'memory:read']);
  });

  it('does not change its parent', () => {
    expect(scopesOf(Base, Base.prototype.list)).toEqual(['base:use', 'memory:read']);
  });

  it('does not inherit the decorators of a method that it overrides', () => {
    expect(scopesOf(Derived, Derived.prototype.add)).toEqual(['base:use', 'memory:use']);
  });
});

describe('the table of routes', () => {
  class Memories {
    @RequireScopes('memory:read')
    list(this: void): void {}
  }

  @RequireScopes('memory:use')
  class Archive extends Memories {}

  it('compiles each route only once', () => {
    const table = new RouteAccessTable();
    const read = jest.spyOn(Reflect, 'getMetadata');
    const first = table.of(Memories, Memories.prototype.list);
    const reads = read.mock.calls.length;
    const second = table.of(Memories, Memories.prototype.list);

    expect(reads).toBeGreaterThan(0);
    expect(read).toHaveBeenCalledTimes(reads);
    expect(second).toBe(first);
    read.mockRestore();
  });

  it('distinguishes the same handler in two controllers', () => {
    const table = new RouteAccessTable();

    expect(table.of(Memories, Memories.prototype.list)).toEqual(
      guardedAccess({ scopes: { allOf: ['memory:read'], anyOf: [] } }),
    );
    expect(table.of(Archive, Archive.prototype.list)).toEqual(
      guardedAccess({ scopes: { allOf: ['memory:use', 'memory:read'], anyOf: [] } }),
    );
  });
});
