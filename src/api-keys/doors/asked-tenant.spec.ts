import type { Binding } from '../domain/binding';
import { ProblemException } from '../../problems/problem.exception';
import { tenantAskedFor } from './asked-tenant';

const acme: Binding = { orgId: 'acme' };
const apollo: Binding = { orgId: 'acme', projectId: 'apollo' };
const hermes: Binding = { orgId: 'globex', projectId: 'hermes' };

describe('the tenant that a token is verified for', () => {
  it.each<[string, Binding, Binding, Binding]>([
    ['nobody, where nobody is named to a verifier without a binding', {}, {}, {}],
    ["the verifier's own, where it names nothing", apollo, {}, apollo],
    ['what a verifier without a binding names', {}, hermes, hermes],
    ["the verifier's own, where it names it", apollo, apollo, apollo],
    ["a project of the verifier's own", acme, apollo, apollo],
    ["the verifier's own org, with the project it names", acme, { projectId: 'apollo' }, apollo],
    ["the verifier's own project, with the org it names", { projectId: 'apollo' }, acme, apollo],
    ["the verifier's own project, where it names the org alone", apollo, acme, apollo],
  ])('is %s', (_what, verifier, named, asked) => {
    expect(tenantAskedFor(verifier, named)).toEqual({
      orgId: asked.orgId,
      projectId: asked.projectId,
    });
  });

  it.each<[string, Binding, Binding]>([
    ['another org', acme, { orgId: 'globex' }],
    ["another org's project", acme, hermes],
    ['another project', apollo, { projectId: 'hermes' }],
    ['its project under another org', apollo, { orgId: 'globex', projectId: 'apollo' }],
    ['its org in another case', acme, { orgId: 'ACME' }],
  ])('cannot be %s than that of the verifier', (_what, verifier, named) => {
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
