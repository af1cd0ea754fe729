import { Inject, Injectable } from '@nestjs/common';
import type { OwnerStatus } from '../api-keys/verification/owner-status';
import { USER_REPOSITORY, type UserRepository } from './storage/user.repository';

/** Tells whether the owner of a key is an active user. One that is not there is not active. */
@Injectable()
export class UserStatusOfOwners implements OwnerStatus {
  constructor(@Inject(USER_REPOSITORY) private readonly users: UserRepository) {}

  async isActive(ownerId: string): Promise<boolean> {
    return (await this.users.find(ownerId))?.status === 'active';
  }
}
