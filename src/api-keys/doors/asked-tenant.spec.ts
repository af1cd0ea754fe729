import type { Binding } from '../domain/binding';
import { ProblemException } from '../../problems/problem.exception';
import { tenantAskedFor } from './asked-tenant';

const acme: Binding = { orgId: 'acme' };
const apollo: Binding = { orgId: 'acme', projectId: 'apollo' };
const hermes: Binding = { orgId: 'globex', projectId: 'hermes' };

describe('the tenant that a token is verified for', () => {
  it.each<[string, Binding, Binding, Binding]>([
    ['none if an unbound key names none', {}, {}, {}],
    ["the calling key's own if it names none", apollo, {}, apollo],
    ['the one that an unbound key names', {}, hermes, hermes],
    ["the calling key's own if it names it", apollo, apollo, apollo],
    ["a project of the calling key's organisation", acme, apollo, apollo],
    ["the calling key's organisation with the project that it names", acme, { projectId: 'apollo' }, apollo],
    ["the calling key's project with the organisation that it names", { projectId: 'apollo' }, acme, apollo],
    ["the calling key's project if it names only the organisation", apollo, acme, apollo],
  ])('is %s', (_what, verifier, named, asked) => {
    expect(tenantAskedFor(verifier, named)).toEqual({
      orgId: asked.orgId,
      projectId: asked.projectId,
    });
  });

  it.each<[string, Binding, Binding]>([
    ['another organisation', acme, { orgId: 'globex' }],
    ['a project of another organisation', acme, hermes],
    ['another project', apollo, { projectId: 'hermes' }],
    ['a project of the same name in another organisation', apollo, { orgId: 'globex', projectId: 'apollo' }],
    ["the key's organisation in another case", acme, { orgId: 'ACME' }],
  ])('cannot be %s for a bound key', (_what, verifier, named) => {
    let refused: unknown;
    try {
      tenantAskedFor(verifier, named);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(ProblemException);
    expect(refused).toMatchObject({ problem: { code: 'binding_mismatch', status: 403 } });
    expect(JSON.stringify(refused)).not.toContain('acme');
  });
});
