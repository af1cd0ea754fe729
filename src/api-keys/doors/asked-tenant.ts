import { ProblemException } from '../../problems/problem.exception';
import { type Binding, isBoundElsewhere, type TenantContext } from '../domain/binding';

/**
 * The tenant that a token is verified for: what the verifier names, and its own binding where it names nothing.
 *
 * @throws ProblemException `binding_mismatch` if it names another tenant than its own
 */
export function tenantAskedFor(verifier: Binding, named: TenantContext): TenantContext {
  if (isBoundElsewhere(named, verifier)) {
    throw ProblemException.from('binding_mismatch', 'Ask about the tenant that the calling key is bound to.');
  }
  return { orgId: named.orgId ?? verifier.orgId, projectId: named.projectId ?? verifier.projectId };
}
