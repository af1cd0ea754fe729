import * as fc from 'fast-check';
import { type Binding, bindingMatches, isBoundElsewhere } from './binding';

const parts = (...names: string[]): fc.Arbitrary<string | undefined> =>
  fc.option(fc.constantFrom(...names), { nil: undefined });
const bindings: fc.Arbitrary<Binding> = fc.record({
  orgId: parts('acme', 'globex'),
  projectId: parts('apollo', 'hermes'),
});
const acme: Binding = { orgId: 'acme' };
const apollo: Binding = { orgId: 'acme', projectId: 'apollo' };

describe('isBoundElsewhere', () => {
  it.each<[string, Binding, Binding]>([
    ['bound to globex, seen by a verifier of acme', { orgId: 'globex' }, acme],
    [
      'bound to a project of globex, seen by a verifier of acme',
      { orgId: 'globex', projectId: 'apollo' },
      acme,
    ],
    ['bound to another project of acme', { orgId: 'acme', projectId: 'hermes' }, apollo],
    ['bound to a project of the same name at globex', { orgId: 'globex', projectId: 'apollo' }, apollo],
    ['bound only to another project', { projectId: 'hermes' }, apollo],
    ['bound to globex, seen by a verifier of a project of acme', { orgId: 'globex' }, apollo],
    ['bound to Acme, seen by a verifier of acme', { orgId: 'Acme' }, acme],
    ['bound to an empty organisation', { orgId: '' }, acme],
  ])('returns true for a key %s', (_what, key, verifier) => {
    expect(isBoundElsewhere(key, verifier)).toBe(true);
  });

  it.each<[string, Binding, Binding]>([
    ['bound to acme, seen by a verifier of acme', acme, acme],
    ['bound to a project of acme, seen by a verifier of acme', apollo, acme],
    ['bound to acme, seen by a verifier of a project of acme', acme, apollo],
    ['without a binding, seen by a verifier of acme', {}, acme],
    [
      'with an undefined binding, seen by a verifier of acme',
      { orgId: undefined, projectId: undefined },
      acme,
    ],
    ['bound only to a project, seen by a verifier of acme', { projectId: 'apollo' }, acme],
    ['bound to a tenant, seen by a verifier without a binding', { orgId: 'globex', projectId: 'hermes' }, {}],
    [
      'bound to an organisation, seen by a verifier bound only to a project',
      { orgId: 'apollo' },
      { projectId: 'acme' },
    ],
  ])('returns false for a key %s', (_what, key, verifier) => {
    expect(isBoundElsewhere(key, verifier)).toBe(false);
  });

  it('returns the same for both orders of its arguments', () => {
    fc.assert(
      fc.property(bindings, bindings, (one, other) => {
        expect(isBoundElsewhere(one, other)).toBe(isBoundElsewhere(other, one));
      }),
    );
  });

  it('returns false if the key matches the tenant of the verifier or has the same binding', () => {
    fc.assert(
      fc.property(bindings, bindings, (key, verifier) => {
        expect(bindingMatches(key, verifier) && isBoundElsewhere(key, verifier)).toBe(false);
        expect(isBoundElsewhere(key, key)).toBe(false);
      }),
    );
  });

  it('returns true if and only if no tenant matches both bindings', () => {
    const tenants = ['acme', 'globex'].flatMap((orgId) =>
      ['apollo', 'hermes'].map((projectId) => ({ orgId, projectId })),
    );
    fc.assert(
      fc.property(bindings, bindings, (key, verifier) => {
        const shared = tenants.some((each) => bindingMatches(key, each) && bindingMatches(verifier, each));
        expect(isBoundElsewhere(key, verifier)).toBe(!shared);
      }),
    );
  });
});
