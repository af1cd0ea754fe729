import { memoryUsageRepository } from './usage-opened-repository';
import { describeUsageRepository } from './usage-repository.contract';

describe('usage in memory', () => {
  describeUsageRepository(async () => ({ repository: memoryUsageRepository(), close: async () => {} }));

  it('calls itself volatile, so that production refuses it', () => {
    expect(memoryUsageRepository().durability).toBe('volatile');
  });
});
