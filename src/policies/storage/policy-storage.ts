import type { FreshnessSettings } from '../../change-feed/change-feed';
import { MongoChangeFeed } from '../../change-feed/mongo-change-feed';
import type { StoresOf } from '../../mongo/open-store';
import { MemoryPolicyRepository } from './memory-policy.repository';
import { MongoPolicyRepository } from './mongo-policy.repository';
import type { PolicyRepository } from './policy.repository';
import { POLICY_MODEL, type PolicyDocument, PolicySchema } from './policy.schema';

/** Where policies are kept: in MongoDB, or in memory (development and test only). */
export type PolicyStorage = 'mongo' | 'memory';

/** The stores available for policies. */
export function policyStores(freshness: FreshnessSettings = {}): StoresOf<PolicyRepository> {
  return {
    records: 'policies',
    memory: (permit) => new MemoryPolicyRepository(permit),
    mongo: (connection) => {
      const model = connection.model<PolicyDocument>(POLICY_MODEL, PolicySchema);
      return new MongoPolicyRepository(model, MongoChangeFeed.of(model, freshness));
    },
  };
}
