import { openMemoryUsers } from './user-opened-repository';
import { describeUserRepository } from './user-repository.contract';

describe('users in memory', () => {
  describeUserRepository(openMemoryUsers);

  it('call themselves volatile, so that production refuses them', async () => {
    expect((await openMemoryUsers()).repository.durability).toBe('volatile');
  });
});
