import { ProblemException } from '../../problems/problem.exception';
import { type Binding, isBoundElsewhere, type TenantContext } from '../domain/binding';

/**
 * Returns the tenant for which a token is verified: the tenant that the calling key names, with missing parts from the binding
 * of that key.
 *
 * @throws ProblemException `binding_mismatch` if it names a tenant outside its binding
 */
export function tenantAskedFor(verifier: Binding, named: TenantContext): TenantContext {
  if (isBoundElsewhere(named, verifier)) {
    throw ProblemException.from(
      'binding_mismatch',
      'Name the tenant that the calling key is bound to, or none.',
    );
  }
  return { orgId: named.orgId ?? verifier.orgId, projectId: named.projectId ?? verifier.projectId };
}
