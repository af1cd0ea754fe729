import { memoryUsageRepository } from './usage-opened-repository';
import { describeUsageRepository } from './usage-repository.contract';

describe('usage in memory', () => {
  describeUsageRepository(async () => ({ repository: memoryUsageRepository(), close: async () => {} }));

  it('is marked volatile, so that production rejects it', () => {
    expect(memoryUsageRepository().durability).toBe('volatile');
  });
});
