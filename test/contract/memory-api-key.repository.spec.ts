import { describeApiKeyRepository } from './api-key-repository.contract';
import { describeKeyOutbox } from './key-outbox.contract';
import { describeKeySlots } from './key-slots.contract';
import { memoryRepository } from './opened-repository';

describe('API keys in memory', () => {
  describeApiKeyRepository(async () => ({ repository: memoryRepository(), close: async () => {} }));
  describeKeyOutbox(async () => ({ repository: memoryRepository(), close: async () => {} }));
  describeKeySlots(async () => ({ repository: memoryRepository(), close: async () => {} }));

  it('are marked volatile, so that production rejects them', () => {
    expect(memoryRepository().durability).toBe('volatile');
  });
});
