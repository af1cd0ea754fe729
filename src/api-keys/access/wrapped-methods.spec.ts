import { ConfigurationError } from '../../problems/configuration.error';
import { declarationsOn } from './access-declaration';
import { Authenticated, Public, RequireAnyScope, RequireScopes, SelfScoped } from './access.decorators';
import { compileRouteAccess } from './route-access';

type Method = (...parameters: unknown[]) => unknown;

/** Puts another function in the place of a method, as decorators that trace or cache do. */
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

/** A mix-in by copying, as the TypeScript handbook has it. */
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

/** All that a handler needs all of, or one of. */
function scopesOf(...[controller, handler]: Parameters<typeof compileRouteAccess>): unknown {
  const access = compileRouteAccess(controller, handler);
  return access.kind === 'guarded' ? access.scopes : access.kind;
}

describe('a method that another decorator wraps', () => {
  it('asks for what stands under the wrapper, as if there were none', () => {
    expect(scopesOf(Memories, Memories.prototype.list)).toEqual({ allOf: ['memory:read'], anyOf: [] });
    expect(compileRouteAccess(Memories, Memories.prototype.own)).toMatchObject({ selfScoped: true });
    expect(scopesOf(Memories, Memories.prototype.plain)).toEqual({ allOf: [], anyOf: [] });
  });

  it('asks for what stands above the wrapper, below it, and between two, each once', () => {
    expect(scopesOf(Memories, Memories.prototype.add)).toEqual({
      allOf: ['memory:admin', 'memory:read'],
      anyOf: [['memory:write', 'memory:all']],
    });
    expect(declarationsOn(Memories.prototype.add)).toHaveLength(3);
  });

  it('asks for the same in a class that inherits it, and for nothing of it where it is written anew', () => {
    expect(scopesOf(Archive, Archive.prototype.add)).toEqual(scopesOf(Memories, Memories.prototype.add));
    expect(scopesOf(Archive, Archive.prototype.plain)).toEqual({ allOf: [], anyOf: [] });
    expect(scopesOf(Archive, Archive.prototype.list)).toEqual({ allOf: ['archive:read'], anyOf: [] });
  });

  it('asks for the same in a class that it is mixed into, so that a public class cannot open it', () => {
    expect(() => compileRouteAccess(Mixed, Mixed.prototype.list)).toThrow(
      new ConfigurationError(
        'Mixed.list has both @Public() and a decorator that requires access: remove one of them.',
      ),
    );
    expect(scopesOf(Mixed, Mixed.prototype.plain)).toBe('public');
  });

  it('asks for the same where it is wrapped once more after its class was made', () => {
    class Late {
      @RequireScopes('memory:read')
      list(this: void): void {}
    }
    const { list } = Late.prototype;
    Late.prototype.list = () => list();

    expect(scopesOf(Late, Late.prototype.list)).toEqual({ allOf: ['memory:read'], anyOf: [] });
  });

  it('keeps what it asks for where a method of another class was taken away', () => {
    class Short {
      @RequireScopes('memory:read')
      list?(this: void): void {}
    }
    delete Short.prototype.list;

    expect(scopesOf(Memories, Memories.prototype.list)).toEqual({ allOf: ['memory:read'], anyOf: [] });
  });

  it('leaves the methods beside it alone', () => {
    expect(declarationsOn(Memories.prototype.plain)).toEqual([]);
  });
});

describe('a method that a constructor replaces on the instance', () => {
  class Bound {
    @RequireScopes('memory:read')
    list(this: void): void {}
  }
  const replacement = (): void => Bound.prototype.list();

  it('is refused where its class would open it, for what it declared is lost [T48]', () => {
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

  it('declares nothing where its class declares nothing either, and so stays closed', () => {
    expect(compileRouteAccess(Bound, replacement)).toEqual({ kind: 'undeclared' });
  });

  it('asks for what it declares itself', () => {
    @Authenticated()
    class Lenient extends Bound {}
    const declared = { list: (): void => undefined };
    RequireScopes('memory:admin')(declared, 'list', { value: declared.list });

    expect(scopesOf(Lenient, declared.list)).toEqual({ allOf: ['memory:admin'], anyOf: [] });
  });
});
