import { openMemoryUsers } from './user-opened-repository';
import { describeUserRepository } from './user-repository.contract';

describe('users in memory', () => {
  describeUserRepository(openMemoryUsers);

  it('are marked volatile, so that production rejects them', async () => {
    expect((await openMemoryUsers()).repository.durability).toBe('volatile');
  });
});
