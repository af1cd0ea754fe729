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

describe('seen by a verifier, a key', () => {
  it.each<[string, Binding, Binding]>([
    ['of globex, by acme', { orgId: 'globex' }, acme],
    ["of globex's project, by acme", { orgId: 'globex', projectId: 'apollo' }, acme],
    ['of another project', { orgId: 'acme', projectId: 'hermes' }, apollo],
    ["of globex's project of the same name", { orgId: 'globex', projectId: 'apollo' }, apollo],
    ['of another project without an org', { projectId: 'hermes' }, apollo],
    ['of globex as a whole, by a project of acme', { orgId: 'globex' }, apollo],
    ['of Acme, by acme', { orgId: 'Acme' }, acme],
    ['of an empty name', { orgId: '' }, acme],
  ])('%s is bound elsewhere', (_what, key, verifier) => {
    expect(isBoundElsewhere(key, verifier)).toBe(true);
  });

  it.each<[string, Binding, Binding]>([
    ['of acme, by acme', acme, acme],
    ['of a project of acme, by acme', apollo, acme],
    ['of acme as a whole, by a project of acme', acme, apollo],
    ['without a binding, by acme', {}, acme],
    ['with a binding left undefined, by acme', { orgId: undefined, projectId: undefined }, acme],
    ['of a project without an org, by acme', { projectId: 'apollo' }, acme],
    ['of whatever tenant, by one without a binding', { orgId: 'globex', projectId: 'hermes' }, {}],
    ['of an org of the name of the project', { orgId: 'apollo' }, { projectId: 'acme' }],
  ])('%s is not bound elsewhere', (_what, key, verifier) => {
    expect(isBoundElsewhere(key, verifier)).toBe(false);
  });

  it('is bound elsewhere whichever of the two looks at the other', () => {
    fc.assert(
      fc.property(bindings, bindings, (one, other) => {
        expect(isBoundElsewhere(one, other)).toBe(isBoundElsewhere(other, one));
      }),
    );
  });

  it('is never bound elsewhere where it serves the very tenant, nor within its own', () => {
    fc.assert(
      fc.property(bindings, bindings, (key, verifier) => {
        expect(bindingMatches(key, verifier) && isBoundElsewhere(key, verifier)).toBe(false);
        expect(isBoundElsewhere(key, key)).toBe(false);
      }),
    );
  });

  it('is bound elsewhere just where no tenant is within both', () => {
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
