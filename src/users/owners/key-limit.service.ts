import { Inject, Injectable } from '@nestjs/common';
import type { ReadOptions } from '../../change-feed/change-feed';
import type { OwnerKeyLimit } from '../../api-keys/ports/owner-key-limit';
import { USER_REPOSITORY, type UserRepository } from '../storage/user.repository';
import { InactiveOwnerError } from '../users.errors';
import { USERS_OPTIONS, type UsersOptions } from '../users.options';

const DEFAULT_MAX_KEYS = 50;

/** Limits the number of live keys of each user to the option `maxKeys`, and gives keys only to active users. */
@Injectable()
export class KeyLimitOfUsers implements OwnerKeyLimit {
  constructor(
    @Inject(USER_REPOSITORY) private readonly users: UserRepository,
    @Inject(USERS_OPTIONS) private readonly options: UsersOptions,
  ) {}

  async maxKeysOf(ownerId: string, options?: ReadOptions): Promise<number> {
    if ((await this.users.find(ownerId, options))?.status !== 'active') throw new InactiveOwnerError();
    return this.options.maxKeys ?? DEFAULT_MAX_KEYS;
  }
}
