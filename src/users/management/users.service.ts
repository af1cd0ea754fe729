import { Inject, Injectable } from '@nestjs/common';
import { type Caller, isUnlimited } from '../../api-keys/domain/caller';
import { retried } from '../../common/retried';
import { isUlid } from '../../common/ulid';
import { CursorCodec } from '../../http/cursor';
import { type Page, readPage } from '../../http/page';
import type { User, UserStatus } from '../domain/user';
import { USER_REPOSITORY, type UserRepository } from '../storage/user.repository';
import { UserRemoval } from './user-removal.service';
import {
  RetiringTokenError,
  SessionRequiredError,
  UserChangedError,
  UserNotFoundError,
  UsersForbiddenError,
} from '../users.errors';

const USER_CURSORS = new CursorCodec('k1:', isUlid);

/** A request for one page of users: the filters, the size and the cursor. */
export interface UserPageQuery {
  /** The maximum number of users on the page, 1 to 100. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly email?: string | undefined;
  readonly username?: string | undefined;
}

/** A change of a user by an administrator. */
export interface UserPatch {
  readonly status?: Exclude<UserStatus, 'deleted'> | undefined;
  readonly username?: string | null | undefined;
}

/** Manages users on behalf of a caller. All methods throw `StorageUnavailableError` if the store cannot answer. */
@Injectable()
export class UsersService {
  constructor(
    @Inject(USER_REPOSITORY) private readonly users: UserRepository,
    private readonly removal: UserRemoval,
  ) {}

  /** @throws SessionRequiredError if the caller is not a user */
  async me(caller: Caller): Promise<User> {
    if (caller.userId === undefined) throw new SessionRequiredError();
    return this.existing(caller.userId);
  }

  /** @throws SessionRequiredError, UsernameTakenError, UserChangedError */
  async renameMe(
    caller: Caller,
    username: string | null | undefined,
    ifVersion?: readonly number[],
  ): Promise<User> {
    const { id } = await this.me(caller);
    return this.change(id, { username }, ifVersion);
  }

  /** @throws UsersForbiddenError, InvalidCursorError */
  async list(caller: Caller, { limit, cursor, email, username }: UserPageQuery): Promise<Page<User>> {
    requireAdministrator(caller);
    return readPage<User>({
      before: USER_CURSORS.read(cursor),
      limit,
      codec: USER_CURSORS,
      positionOf: ({ id }) => id,
      read: async (from) => this.users.list({ email, username, ...from }),
    });
  }

  /**
   * Changes a user. A caller whose token is in its grace period cannot activate a user, see decision record 0011.
   *
   * @throws UsersForbiddenError, RetiringTokenError, UserNotFoundError, UsernameTakenError, UserChangedError
   */
  async update(caller: Caller, id: string, patch: UserPatch, ifVersion?: readonly number[]): Promise<User> {
    requireAdministrator(caller);
    if (caller.isRetiring === true && patch.status === 'active') throw new RetiringTokenError();
    return this.change(id, patch, ifVersion);
  }

  /**
   * Removes a user. A caller whose token is in its grace period cannot remove a disabled user, because the person could then
   * sign in again.
   *
   * @throws UsersForbiddenError, RetiringTokenError, UserNotFoundError, UserChangedError
   */
  async remove(caller: Caller, id: string, ifVersion?: readonly number[]): Promise<void> {
    requireAdministrator(caller);
    if (!isUlid(id)) throw new UserNotFoundError();
    if (caller.isRetiring !== true) return this.removal.remove(id, ifVersion);
    const user = await this.users.find(id);
    if (user === null) throw new UserNotFoundError();
    if (user.status === 'disabled') throw new RetiringTokenError();
    // Only this version: another caller may disable the user at the same moment.
    await this.removal.remove(id, ifVersion?.filter((each) => each === user.version) ?? [user.version]);
  }

  private async change(
    id: string,
    { status, username }: UserPatch,
    ifVersion: readonly number[] | undefined,
  ): Promise<User> {
    const attempt = async (): Promise<User | undefined> => {
      const user = await this.existing(id);
      if (ifVersion !== undefined && !ifVersion.includes(user.version))
        throw new UserChangedError('version_mismatch');
      const change = {
        ...(status !== undefined && status !== user.status && { status }),
        ...(username !== undefined && (username ?? undefined) !== user.username && { username }),
      };
      if (Object.keys(change).length === 0) return user;
      return (await this.users.change(id, user.version, change)) ?? undefined;
    };
    return retried(attempt, () => new UserChangedError('concurrent_change'));
  }

  private async existing(id: string): Promise<User> {
    const user = isUlid(id) ? await this.users.find(id) : null;
    if (user === null || user.status === 'deleted') throw new UserNotFoundError();
    return user;
  }
}

function requireAdministrator(caller: Caller): void {
  if (!isUnlimited(caller)) throw new UsersForbiddenError();
}
