import * as fc from 'fast-check';
import { commonScopes, grants, isRequirableScope, isScope, meetsScopes, scopeCovers } from './scopes';

/** Compares segment by segment. A `*` at the end covers one or more segments. */
function covers([head, ...tail]: readonly string[], [first, ...others]: readonly string[]): boolean {
  if (head === '*' && tail.length === 0) return first !== undefined;
  if (head === undefined || first === undefined) return head === first;
  return head === first && covers(tail, others);
}

const reference = (granted: string, wanted: string): boolean => covers(granted.split(':'), wanted.split(':'));

const segments = ['a', 'b', 'ab'];
const plain = [
  ...segments,
  ...segments.flatMap((one) => segments.map((two) => `${one}:${two}`)),
  'a:a:a',
  'a:a:b',
  'a:b:a',
  'ab:a:a',
];
/** Every scope of these few segments, so that random scopes often cover each other. */
const universe = [...plain, ...plain.map((scope) => `${scope}:*`), '*'];
const requirable = fc.constantFrom(...plain);
const scopes = fc.oneof(
  fc.constantFrom(...universe),
  fc.stringMatching(/^[a-z0-9._-]{1,3}(:[a-z0-9._-]{1,3}){0,3}(:\*)?$/),
);
const held = fc.array(scopes, { maxLength: 4 });

describe('covering scopes', () => {
  it('gives the same result as a comparison by segments for every pair of a small set', () => {
    const pairs = universe.flatMap((granted) => universe.map((wanted) => ({ granted, wanted })));
    const odd = pairs.filter(
      ({ granted, wanted }) => scopeCovers(granted, wanted) !== reference(granted, wanted),
    );
    expect(odd).toEqual([]);
  });

  it('gives the same result as a comparison by segments for random scopes', () => {
    fc.assert(
      fc.property(scopes, scopes, (granted, wanted) => {
        expect(isScope(granted)).toBe(true);
        expect(scopeCovers(granted, wanted)).toBe(reference(granted, wanted));
      }),
    );
  });

  it('is reflexive and transitive, so that no chain of delegations widens a scope', () => {
    expect(universe.filter((scope) => !scopeCovers(scope, scope))).toEqual([]);
    const broken = universe.flatMap((one) =>
      universe
        .filter((two) => scopeCovers(one, two))
        .flatMap((two) => universe.filter((three) => scopeCovers(two, three) && !scopeCovers(one, three))),
    );
    expect(broken).toEqual([]);
  });

  it('never delegates a scope that the caller does not hold', () => {
    fc.assert(
      fc.property(held, held, requirable, (outer, inner, wanted) => {
        const delegated = inner.filter((scope) => grants(outer, scope));
        expect(grants(delegated, wanted) && !grants(outer, wanted)).toBe(false);
      }),
    );
  });
});

describe('a list of scopes', () => {
  it('grants a scope if and only if one scope of the list covers it', () => {
    fc.assert(
      fc.property(held, scopes, (granted, wanted) => {
        expect(grants(granted, wanted)).toBe(granted.map((scope) => reference(scope, wanted)).includes(true));
      }),
    );
  });

  it('meets a requirement if and only if it covers every part of that requirement', () => {
    const lists = fc.array(requirable, { maxLength: 3 });
    fc.assert(
      fc.property(held, lists, fc.array(lists, { maxLength: 3 }), (granted, allOf, anyOf) => {
        const holds = new Set(plain.filter((wanted) => granted.some((scope) => reference(scope, wanted))));
        const missing = allOf.filter((wanted) => !holds.has(wanted)).length;
        const unmet = anyOf.filter((list) => list.filter((wanted) => holds.has(wanted)).length === 0).length;
        expect(meetsScopes(granted, { allOf, anyOf })).toBe(missing + unmet === 0);
      }),
    );
  });
});

const sorted = (list: readonly string[]): readonly string[] => list.toSorted();

describe('the common scopes of two lists', () => {
  it('grant a scope, with or without a wildcard, if and only if both lists grant it [T130]', () => {
    fc.assert(
      fc.property(held, held, fc.oneof(scopes, requirable), (one, other, wanted) => {
        expect(grants(commonScopes(one, other), wanted)).toBe(grants(one, wanted) && grants(other, wanted));
      }),
      { numRuns: 2000 },
    );
  });

  it('do not depend on the order of the lists, or of the narrowing', () => {
    fc.assert(
      fc.property(held, held, held, (one, two, three) => {
        expect(sorted(commonScopes(one, two))).toEqual(sorted(commonScopes(two, one)));
        expect(sorted(commonScopes(commonScopes(one, two), three))).toEqual(
          sorted(commonScopes(one, commonScopes(two, three))),
        );
      }),
    );
  });

  it('of a list and itself are the list', () => {
    fc.assert(fc.property(held, (one) => expect(commonScopes(one, one)).toEqual([...new Set(one)])));
  });

  it.each([
    [['*'], ['memory:*'], ['memory:*']],
    [['memory:*'], ['memory:read', 'notes:read'], ['memory:read']],
    [['memory:read'], ['memory:*', 'memory:read:own'], ['memory:read']],
    [['memory'], ['memory:*'], []],
    [['*'], [], []],
    [[], ['*'], []],
  ])('of %j and %j are %j', (one, other, common) => {
    expect(commonScopes(one, other)).toEqual(common);
  });
});

describe('a random text', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 140 }),
    fc.stringMatching(/^[a:*-]{0,8}$/),
  );

  it('is a scope if and only if its length and each of its segments are valid', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const [last = '', ...front] = text.split(':').toReversed();
        const inner = front.every((segment) => /^[a-z0-9._-]+$/.test(segment));
        const lastIsPlain = /^[a-z0-9._-]+$/.test(last);
        expect(isScope(text)).toBe(text.length <= 128 && inner && (lastIsPlain || last === '*'));
        expect(isRequirableScope(text)).toBe(text.length <= 128 && inner && lastIsPlain);
      }),
    );
  });
});
