import * as fc from 'fast-check';
import type { PolicyState } from '../../api-keys/domain/policy-state';
import { grants } from '../../api-keys/domain/scopes';
import { loosenedRules, uncoveredScopes } from './loosened-rules';

const scope = fc.constantFrom('*', 'memory:*', 'memory:read', 'memory:read:all', 'files:read', 'files');
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const state: fc.Arbitrary<PolicyState> = fc.record({
  id: fc.constant('org:acme' as const),
  exists: fc.constant(true),
  suspended: fc.boolean(),
  rateLimits: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      limit: fc.integer({ min: 1, max: 3 }),
      windowSeconds: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 3, selector: ({ name }) => name },
  ),
  allowedScopes: optional(fc.uniqueArray(scope, { maxLength: 3 })),
  maxKeys: optional(fc.integer({ min: 1, max: 3 })),
  maxTtlDays: optional(fc.integer({ min: 1, max: 3 })),
});

/** Returns whether a policy lets a key use a scope. */
function allows({ suspended, allowedScopes }: PolicyState, wanted: string): boolean {
  return !suspended && (allowedScopes === undefined || grants(allowedScopes, wanted));
}

/** Returns whether a policy lets so many requests pass in so many seconds. */
function passes({ rateLimits }: PolicyState, requests: number, seconds: number): boolean {
  return rateLimits.every(({ limit, windowSeconds }) => requests <= limit || seconds > windowSeconds);
}

describe('the loosened rules of a policy', () => {
  it('are empty only if keys can do at most what they could before', () => {
    fc.assert(
      fc.property(state, state, (before, after) => {
        if (loosenedRules(before, after).length > 0) return;
        for (const wanted of ['memory:read', 'memory:read:all', 'files:read', 'files', 'other'])
          expect(allows(after, wanted) && !allows(before, wanted) && !before.suspended).toBe(false);
        expect(before.suspended && !after.suspended).toBe(false);
        for (const requests of [1, 2, 3, 4])
          for (const seconds of [1, 2, 3]) {
            const loosened = passes(after, requests, seconds) && !passes(before, requests, seconds);
            expect(loosened).toBe(false);
          }
        for (const name of ['maxKeys', 'maxTtlDays'] as const)
          expect((after[name] ?? Infinity) > (before[name] ?? Infinity)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('are empty for the same policy, and transitive', () => {
    fc.assert(
      fc.property(state, state, state, (one, two, three) => {
        expect(loosenedRules(one, one)).toEqual([]);
        if (loosenedRules(one, two).length > 0 || loosenedRules(two, three).length > 0) return;
        expect(loosenedRules(one, three)).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('require every scope if the policy has no list, and none if the list is empty', () => {
    const policy: PolicyState = { id: 'org:acme', exists: true, suspended: false, rateLimits: [] };
    expect(uncoveredScopes(['memory:*'], policy)).toEqual(['*']);
    expect(uncoveredScopes(['*'], policy)).toEqual([]);
    expect(uncoveredScopes([], { ...policy, allowedScopes: [] })).toEqual([]);
    expect(
      uncoveredScopes(['memory:*'], { ...policy, allowedScopes: ['memory:read', 'files:read'] }),
    ).toEqual(['files:read']);
  });
});
