import { MisuseError } from '../../problems/misuse.error';
import { declarationsOn } from './access-declaration';
import { Authenticated, RequireAnyScope, RequireScopes } from './access.decorators';

describe.each([
  ['RequireScopes', RequireScopes],
  ['RequireAnyScope', RequireAnyScope],
])('@%s()', (name, decorator) => {
  it('needs at least one scope, as soon as it is written', () => {
    expect(() => decorator()).toThrow(new MisuseError(`@${name}() needs at least one scope`));
  });

  it.each(['*', 'memory:*', 'memory:read:*'])('cannot require the wildcard %s', (scope) => {
    expect(() => decorator('memory:read', scope)).toThrow(
      new MisuseError(
        `@${name}() cannot require "${scope}": a required scope is lower-case segments joined by ":" without a wildcard`,
      ),
    );
  });

  it.each([
    '',
    ' ',
    'Memory:read',
    'memory:',
    ':read',
    'memory::read',
    'memory:read ',
    'memory read',
    'memory:réad',
    'memory:*:read',
    'mem*',
    'memory:read\n',
    'memory"read',
    'a'.repeat(129),
  ])('cannot require the malformed %j', (scope) => {
    expect(() => decorator('memory:read', scope)).toThrow(MisuseError);
  });

  it('names the scope at fault so that nothing in it can break a line', () => {
    expect(() => decorator('a\nb')).toThrow(/cannot require "a\\nb"/);
  });

  it.each(['memory', 'memory:read', 'a.b_c-d:0', 'a'.repeat(128)])('can require %s', (scope) => {
    expect(() => decorator(scope)).not.toThrow();
  });
});

describe('decorators', () => {
  it('leave other classes and methods alone', () => {
    class One {
      @Authenticated()
      list(this: void): void {}

      add(this: void): void {}
    }
    class Other {}
    Authenticated()(One);

    expect(declarationsOn(One)).toEqual([{ kind: 'authenticated' }]);
    expect(declarationsOn(One.prototype.list)).toEqual([{ kind: 'authenticated' }]);
    expect(declarationsOn(One.prototype.add)).toEqual([]);
    expect(declarationsOn(Other)).toEqual([]);
  });
});
