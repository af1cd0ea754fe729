import { ConfigurationError } from '../../problems/configuration.error';
import { declarationsOn } from './access-declaration';
import { Authenticated, Public, RequireAnyScope, RequireScopes, SelfScoped } from './access.decorators';
import { compileRouteAccess } from './route-access';

type Method = (...parameters: unknown[]) => unknown;

/** Replaces a method by another function, like decorators that trace or cache. */
const Traced =
  (): MethodDecorator =>
  (_target, _key, descriptor): void => {
    const method = descriptor.value as Method;
    descriptor.value = ((...parameters: unknown[]) => method(...parameters)) as never;
  };

@Authenticated()
class Memories {
  @Traced()
  @RequireScopes('memory:read')
  list(this: void): void {}

  @RequireScopes('memory:admin')
  @Traced()
  @RequireAnyScope('memory:write', 'memory:all')
  @Traced()
  @RequireScopes('memory:read')
  add(this: void): void {}

  @Traced()
  @SelfScoped()
  own(this: void): void {}

  @Traced()
  plain(this: void): void {}
}

class Archive extends Memories {
  override plain(this: void): void {}

  @RequireScopes('archive:read')
  override list(this: void): void {}
}

/** A mixin by copying, as in the TypeScript handbook. */
@Public()
class Mixed {
  declare list: () => void;
  declare plain: () => void;
}
for (const name of ['list', 'plain'] as const) {
  Object.defineProperty(
    Mixed.prototype,
    name,
    Object.getOwnPropertyDescriptor(Memories.prototype, name) as PropertyDescriptor,
  );
}

/** Returns the scope requirement of a handler, or the kind of its access. */
function scopesOf(...[controller, handler]: Parameters<typeof compileRouteAccess>): unknown {
  const access = compileRouteAccess(controller, handler);
  return access.kind === 'guarded' ? access.scopes : access.kind;
}

describe('a method that another decorator wraps', () => {
  it('requires what the access decorators under the wrapper declare', () => {
    expect(scopesOf(Memories, Memories.prototype.list)).toEqual({ allOf: ['memory:read'], anyOf: [] });
    expect(compileRouteAccess(Memories, Memories.prototype.own)).toMatchObject({ selfScoped: true });
    expect(scopesOf(Memories, Memories.prototype.plain)).toEqual({ allOf: [], anyOf: [] });
  });

  it('requires what each decorator above, below and between wrappers declares, once', () => {
    expect(scopesOf(Memories, Memories.prototype.add)).toEqual({
      allOf: ['memory:admin', 'memory:read'],
      anyOf: [['memory:write', 'memory:all']],
    });
    expect(declarationsOn(Memories.prototype.add)).toHaveLength(3);
  });

  it('keeps its requirement in a subclass that inherits it, but not in one that overrides it', () => {
    expect(scopesOf(Archive, Archive.prototype.add)).toEqual(scopesOf(Memories, Memories.prototype.add));
    expect(scopesOf(Archive, Archive.prototype.plain)).toEqual({ allOf: [], anyOf: [] });
    expect(scopesOf(Archive, Archive.prototype.list)).toEqual({ allOf: ['archive:read'], anyOf: [] });
  });

  it('keeps its requirement in a class that it is mixed into, so that @Public() there is an error', () => {
    expect(() => compileRouteAccess(Mixed, Mixed.prototype.list)).toThrow(
      new ConfigurationError(
        'Mixed.list has both @Public() and a decorator that requires access: remove one of them.',
      ),
    );
    expect(scopesOf(Mixed, Mixed.prototype.plain)).toBe('public');
  });

  it('keeps its requirement if it is wrapped again after the class definition', () => {
    class Late {
      @RequireScopes('memory:read')
      list(this: void): void {}
    }
    const { list } = Late.prototype;
    Late.prototype.list = () => list();

    expect(scopesOf(Late, Late.prototype.list)).toEqual({ allOf: ['memory:read'], anyOf: [] });
  });

  it('keeps its requirement if a method of another class is deleted', () => {
    class Short {
      @RequireScopes('memory:read')
      list?(this: void): void {}
    }
    delete Short.prototype.list;

    expect(scopesOf(Memories, Memories.prototype.list)).toEqual({ allOf: ['memory:read'], anyOf: [] });
  });

  it('does not affect other methods', () => {
    expect(declarationsOn(Memories.prototype.plain)).toEqual([]);
  });
});

describe('a method that a constructor replaces on the instance', () => {
  class Bound {
    @RequireScopes('memory:read')
    list(this: void): void {}
  }
  const replacement = (): void => Bound.prototype.list();

  it('causes a ConfigurationError if its class declares access [T48]', () => {
    @Public()
    class Open extends Bound {}
    @Authenticated()
    class Lenient extends Bound {}

    for (const controller of [Open, Lenient]) {
      expect(() => compileRouteAccess(controller, replacement)).toThrow(
        new ConfigurationError(
          `${controller.name}.replacement was replaced on its instance, so its decorators are lost: wrap it on the class instead.`,
        ),
      );
    }
  });

  it('is undeclared if its class declares no access', () => {
    expect(compileRouteAccess(Bound, replacement)).toEqual({ kind: 'undeclared' });
  });

  it('requires what the replacement declares', () => {
    @Authenticated()
    class Lenient extends Bound {}
    const declared = { list: (): void => undefined };
    RequireScopes('memory:admin')(declared, 'list', { value: declared.list });

    expect(scopesOf(Lenient, declared.list)).toEqual({ allOf: ['memory:admin'], anyOf: [] });
  });
});
