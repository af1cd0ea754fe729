import { Inject, Injectable } from '@nestjs/common';
import type { PolicyId, PolicyState } from '../../api-keys/domain/policy-state';
import type { Policies } from '../../api-keys/ports/policies';
import type { ChangeFeed, ReadOptions } from '../../change-feed/change-feed';
import { stateOf } from '../domain/policy';
import { POLICY_REPOSITORY, type PolicyRepository } from './policy.repository';

/** Looks up policies for the decisions about keys. */
@Injectable()
export class StoredPolicies implements Policies {
  readonly changes: ChangeFeed | undefined;

  constructor(@Inject(POLICY_REPOSITORY) private readonly policies: PolicyRepository) {
    this.changes = policies.changes;
  }

  async find(id: PolicyId, options?: ReadOptions): Promise<PolicyState> {
    return stateOf(id, await this.policies.find(id, options));
  }
}
