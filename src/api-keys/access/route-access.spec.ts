import type { Type } from '@nestjs/common';
import { ConfigurationError } from '../../problems/configuration.error';
import {
  Authenticated,
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

/** What a route asks for, with decorators on its class and on its method. */
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

/** The scopes that a route needs all of. */
function scopesOf(controller: Type, handler: object): readonly string[] {
  const access = compileRouteAccess(controller, handler);
  return access.kind === 'guarded' ? access.scopes.allOf : [];
}

const guarded = (parts: Partial<Extract<RouteAccess, { kind: 'guarded' }>>): RouteAccess => ({
  kind: 'guarded',
  scopes: { allOf: [], anyOf: [] },
  selfScoped: false,
  tenantHeaders: false,
  clientCredentials: false,
  sessions: false,
  possession: false,
  verification: undefined,
  ...parts,
});

describe('a route', () => {
  it('that is declared @Uncached() has its key verified by a read of the store', () => {
    const access = accessOf([], [Authenticated(), Uncached()]);
    expect(access).toEqual(guarded({ verification: { noCache: true, uncounted: false } }));
  });

  it('that says nothing is undeclared', () => {
    expect(accessOf([], [])).toEqual({ kind: 'undeclared' });
  });

  it.each<[string, Decorator[], Decorator[]]>([
    ['itself only of a key’s own binding', [], [SelfScoped()]],
    ['only of tenant headers', [], [TenantHeaders()]],
    ['both of its class', [SelfScoped(), TenantHeaders()], []],
  ])('that speaks %s is undeclared', (_what, onClass, onMethod) => {
    expect(accessOf(onClass, onMethod)).toEqual({ kind: 'undeclared' });
  });

  it.each<[string, Decorator[], Decorator[]]>([
    ['itself', [], [Public()]],
    ['its class', [Public()], []],
    ['both', [Public()], [Public()]],
  ])('is public where %s says so', (_who, onClass, onMethod) => {
    expect(accessOf(onClass, onMethod)).toEqual({ kind: 'public' });
  });

  it('asks for a key and no scope where it is for the authenticated', () => {
    expect(accessOf([], [Authenticated()])).toEqual(guarded({}));
  });

  it('asks for possession of the current token alone only if nothing else is declared', () => {
    const possession = Possession() as Decorator;
    expect(accessOf([SelfScoped()], [possession])).toEqual(
      guarded({ selfScoped: true, possession: true, verification: { uncounted: true, noCache: false } }),
    );
    expect(accessOf([RequireScopes('memory:read')], [possession])).toEqual(
      guarded({ scopes: { allOf: ['memory:read'], anyOf: [] } }),
    );
    expect(accessOf([Authenticated()], [possession])).toEqual(guarded({}));
  });

  it('asks for all the scopes that it, its class and further decorators name, each once', () => {
    const access = accessOf(
      [RequireScopes('memory:use', 'memory:read')],
      [RequireScopes('memory:read', 'memory:write'), RequireScopes('audit:read'), Authenticated()],
    );

    expect(access).toEqual(
      guarded({ scopes: { allOf: ['memory:use', 'memory:read', 'memory:write', 'audit:read'], anyOf: [] } }),
    );
  });

  it('asks for one scope of each list, beside those that it needs all of', () => {
    const access = accessOf(
      [RequireAnyScope('a:read', 'b:read')],
      [RequireAnyScope('c:read', 'a:read'), RequireScopes('d:read')],
    );

    expect(access).toEqual(
      guarded({
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

  it('keeps what its class says of tenants', () => {
    expect(accessOf([SelfScoped(), TenantHeaders()], [Authenticated()])).toEqual(
      guarded({ selfScoped: true, tenantHeaders: true }),
    );
  });
});

describe('a contradiction', () => {
  const guarding: [string, Decorator][] = [
    ['RequireScopes', RequireScopes('memory:read')],
    ['RequireAnyScope', RequireAnyScope('memory:read')],
    ['Authenticated', Authenticated()],
    ['SelfScoped', SelfScoped()],
    ['TenantHeaders', TenantHeaders()],
  ];

  it.each(guarding)('between @Public() and @%s() is refused, wherever the two stand', (_name, decorator) => {
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
  });
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

  it('asks for what its parent asks for and for its own', () => {
    expect(scopesOf(Derived, Derived.prototype.list)).toEqual(['base:use', 'memory:use', 'memory:read']);
  });

  it('leaves its parent as it was', () => {
    expect(scopesOf(Base, Base.prototype.list)).toEqual(['base:use', 'memory:read']);
  });

  it('declares a method that it writes anew, itself', () => {
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

  it('compiles a route once', () => {
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

  it('tells the same handler in two controllers apart', () => {
    const table = new RouteAccessTable();

    expect(table.of(Memories, Memories.prototype.list)).toEqual(
      guarded({ scopes: { allOf: ['memory:read'], anyOf: [] } }),
    );
    expect(table.of(Archive, Archive.prototype.list)).toEqual(
      guarded({ scopes: { allOf: ['memory:use', 'memory:read'], anyOf: [] } }),
    );
  });
});
