import { describeApiKeyRepository } from './api-key-repository.contract';
import { describeKeyOutbox } from './key-outbox.contract';
import { memoryRepository } from './opened-repository';

describe('API keys in memory', () => {
  describeApiKeyRepository(async () => ({ repository: memoryRepository(), close: async () => {} }));
  describeKeyOutbox(async () => ({ repository: memoryRepository(), close: async () => {} }));

  it('call themselves volatile, so that production refuses them', () => {
    expect(memoryRepository().durability).toBe('volatile');
  });
});
