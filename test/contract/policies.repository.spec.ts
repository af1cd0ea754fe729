import { StorageConfig } from '../../src/config/storage.config';
import { openStore } from '../../src/mongo/open-store';
import { MemoryPolicyRepository } from '../../src/policies/storage/memory-policy.repository';
import { policyStores } from '../../src/policies/storage/policy-storage';
import { connected } from '../support/connected';
import { testDatabaseUri } from '../support/test-database';
import { SERVICE_CONNECTION } from './opened-repository';
import { describePolicyRepository } from './policy-repository.contract';

describe('policies in memory', () => {
  describePolicyRepository(async () => ({
    policies: await openStore('memory', policyStores(), new StorageConfig(), null),
    close: async () => {},
  }));

  it('are marked volatile and require a permit, so that production rejects them', () => {
    const permit = new StorageConfig().permitVolatile('the policies of this test');
    expect(new MemoryPolicyRepository(permit).durability).toBe('volatile');
    expect(() => new MemoryPolicyRepository({ storage: 'volatile' })).toThrow('needs a permit');
  });
});

describe('policies in MongoDB', () => {
  describePolicyRepository(async () => {
    const connection = await connected(testDatabaseUri('policies'), SERVICE_CONNECTION);
    const policies = await openStore('mongo', policyStores(), new StorageConfig(), connection);
    return {
      policies,
      close: async () => {
        await policies.changes?.stop();
        await connection.dropDatabase();
        await connection.close();
      },
    };
  });
});
