import { LocalChangeFeed } from '../../src/change-feed/change-feed';
import { noPolicy, type PolicyId, type PolicyState } from '../../src/api-keys/domain/policy-state';
import type { Policies } from '../../src/api-keys/ports/policies';

/** Policies that a test sets. */
export class TestPolicies implements Policies {
  readonly changes = new LocalChangeFeed();
  private readonly states = new Map<PolicyId, PolicyState>();

  async find(id: PolicyId): Promise<PolicyState> {
    return this.states.get(id) ?? noPolicy(id);
  }

  /** Sets a policy. `null` removes it. */
  set(id: PolicyId, policy: Partial<PolicyState> | null): void {
    if (policy === null) this.states.delete(id);
    else this.states.set(id, { ...noPolicy(id), exists: true, ...policy });
    this.changes.announce(id);
  }
}
