import { reasonOf } from '../../common/reason';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ApiKeysService } from '../../api-keys/management/api-keys.service';
import { rootCaller } from '../../api-keys/domain/caller';
import { USER_REPOSITORY, type UserRepository } from '../storage/user.repository';
import { UserChangedError, UserNotFoundError } from '../users.errors';

const PAGE = 100;

/**
 * Removes users. One write deletes the user, which also stops its keys. Then the keys are revoked. If a crash interrupts
 * this, the next start continues it.
 */
@Injectable()
export class UserRemoval implements OnApplicationBootstrap {
  private readonly logger = new Logger(UserRemoval.name);

  constructor(
    @Inject(USER_REPOSITORY) private readonly users: UserRepository,
    private readonly apiKeys: ApiKeysService,
  ) {}

  /** @throws UserNotFoundError, UserChangedError */
  async remove(id: string, ifVersion?: readonly number[]): Promise<void> {
    if (!(await this.users.remove(id, ifVersion))) {
      throw (await this.users.find(id)) === null
        ? new UserNotFoundError()
        : new UserChangedError('version_mismatch');
    }
    await this.revokeKeysOf(id);
  }

  async onApplicationBootstrap(): Promise<void> {
    try {
      for (let pending = await this.users.pendingRemovals(PAGE); pending.length > 0;) {
        for (const id of pending) await this.revokeKeysOf(id);
        pending = await this.users.pendingRemovals(PAGE);
      }
    } catch (error) {
      // The keys are already stopped. The next start revokes them.
      this.logger.warn(
        `cannot revoke the keys of a removed user, retrying at the next start: ${reasonOf(error)}`,
      );
    }
  }

  private async revokeKeysOf(ownerId: string): Promise<void> {
    const caller = rootCaller('system');
    let cursor: string | null | undefined;
    do {
      const page = await this.apiKeys.list(caller, { limit: PAGE, ownerId, cursor: cursor ?? undefined });
      for (const { id, revokedAt } of page.data) {
        if (revokedAt === undefined) await this.apiKeys.revoke(caller, id, 'the owner was removed');
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
    await this.users.finishRemoval(ownerId);
  }
}
