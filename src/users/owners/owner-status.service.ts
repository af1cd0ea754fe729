import { Inject, Injectable } from '@nestjs/common';
import type { ChangeFeed, ReadOptions } from '../../change-feed/change-feed';
import type { OwnerStatus } from '../../api-keys/ports/owner-status';
import { USER_REPOSITORY, type UserRepository } from '../storage/user.repository';

/** Looks up whether the owner of a key is an active user. An owner that does not exist is not active. */
@Injectable()
export class UserStatusOfOwners implements OwnerStatus {
  readonly changes: ChangeFeed | undefined;

  constructor(@Inject(USER_REPOSITORY) private readonly users: UserRepository) {
    this.changes = users.changes;
  }

  async isActive(ownerId: string, options?: ReadOptions): Promise<boolean> {
    return (await this.users.find(ownerId, options))?.status === 'active';
  }
}
