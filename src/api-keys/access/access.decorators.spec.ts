import { MisuseError } from '../../problems/misuse.error';
import { declarationsOn } from './access-declaration';
import { Authenticated, RequireAnyScope, RequireScopes } from './access.decorators';

describe.each([
  ['RequireScopes', RequireScopes],
  ['RequireAnyScope', RequireAnyScope],
])('@%s()', (name, decorator) => {
  it('throws without a scope', () => {
    expect(() => decorator()).toThrow(new MisuseError(`@${name}() needs at least one scope`));
  });

  it.each(['*', 'memory:*', 'memory:read:*'])('throws for the wildcard %s', (scope) => {
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
  ])('throws for the malformed scope %j', (scope) => {
    expect(() => decorator('memory:read', scope)).toThrow(MisuseError);
  });

  it.each([undefined, null, 7, ['memory:read'], { scope: 'memory:read' }])(
    'throws for %j instead of a scope',
    (scope) => {
      expect(() => decorator(scope as unknown as string)).toThrow(MisuseError);
    },
  );

  it('escapes line breaks when its error names an invalid scope', () => {
    expect(() => decorator('a\nb')).toThrow(/cannot require "a\\nb"/);
  });

  it.each(['memory', 'memory:read', 'a.b_c-d:0', 'a'.repeat(128)])('accepts the scope %s', (scope) => {
    expect(() => decorator(scope)).not.toThrow();
  });
});

describe('an access decorator', () => {
  it('does not affect other classes and methods', () => {
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
