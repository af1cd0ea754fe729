import { LocalChangeFeed } from '../../change-feed/change-feed';
import { assertVolatilePermit, type VolatileStoragePermit } from '../../config/storage.config';
import { DELETED_ISSUER, type User, type UserProfile, type UserStatus } from '../domain/user';
import {
  SubjectTakenError,
  type UserQuery,
  type UserRepository,
  UsernameTakenError,
} from './user.repository';

/** Keeps users in the memory of this process, only for development and tests. They are lost when it exits. */
export class MemoryUserRepository implements UserRepository {
  readonly durability = 'volatile';
  readonly changes = new LocalChangeFeed();
  private readonly users = new Map<string, User>();

  /** @throws ConfigurationError if the permit does not come from `StorageConfig` */
  constructor(permit: VolatileStoragePermit) {
    assertVolatilePermit(permit);
  }

  async prepare(): Promise<void> {}

  async insert(user: User): Promise<void> {
    if (this.users.has(user.id) || this.withSubject(user.issuer, user.subject) !== undefined) {
      throw new SubjectTakenError();
    }
    this.users.set(user.id, structuredClone(user));
    this.changes.announce(user.id);
  }

  async find(id: string): Promise<User | null> {
    return structuredClone(this.users.get(id) ?? null);
  }

  async findBySubject(issuer: string, subject: string): Promise<User | null> {
    return structuredClone(this.withSubject(issuer, subject) ?? null);
  }

  async refresh(
    { id, issuer, subject }: Pick<User, 'id' | 'issuer' | 'subject'>,
    { email, emailVerified, name, picture }: UserProfile,
    now: Date,
  ): Promise<void> {
    const user = this.users.get(id);
    if (user === undefined || user.issuer !== issuer || user.subject !== subject) return;
    const lastLoginAt = new Date(Math.max(user.lastLoginAt.getTime(), now.getTime()));
    this.users.set(id, { ...user, email, emailVerified, name, picture, lastLoginAt });
  }

  async change(
    id: string,
    version: number,
    { status, username }: { readonly status?: UserStatus; readonly username?: string | null },
  ): Promise<User | null> {
    const user = this.users.get(id);
    if (user?.version !== version) return null;
    const isTaken = [...this.users.values()].some((other) => other.id !== id && other.username === username);
    if (typeof username === 'string' && isTaken) throw new UsernameTakenError();
    const changed: User = {
      ...user,
      status: status ?? user.status,
      username: username === undefined ? user.username : (username ?? undefined),
      version: version + 1,
    };
    this.users.set(id, changed);
    this.changes.announce(id);
    return structuredClone(changed);
  }

  async remove(id: string, ifVersion?: readonly number[]): Promise<boolean> {
    const user = this.users.get(id);
    if (user === undefined) return false;
    if (user.status === 'deleted') {
      this.changes.announce(id);
      return true;
    }
    const { createdAt, lastLoginAt, version } = user;
    if (ifVersion?.includes(version) === false) return false;
    this.users.set(id, {
      id,
      issuer: DELETED_ISSUER,
      subject: id,
      emailVerified: false,
      status: 'deleted',
      removalPending: true,
      createdAt,
      lastLoginAt,
      version: version + 1,
    });
    this.changes.announce(id);
    return true;
  }

  async pendingRemovals(limit: number): Promise<readonly string[]> {
    return [...this.users.values()]
      .filter((user) => user.removalPending)
      .slice(0, limit)
      .map(({ id }) => id);
  }

  async finishRemoval(id: string): Promise<void> {
    const user = this.users.get(id);
    if (user === undefined) return;
    const { removalPending: _done, ...rest } = user;
    this.users.set(id, rest);
  }

  async list({ email, username, before, limit }: UserQuery): Promise<readonly User[]> {
    return [...this.users.values()]
      .filter(
        (user) =>
          user.status !== 'deleted' &&
          (email === undefined || user.email === email) &&
          (username === undefined || user.username === username) &&
          (before === undefined || user.id < before),
      )
      .toSorted((one, other) => (one.id < other.id ? 1 : -1))
      .slice(0, limit)
      .map((user) => structuredClone(user));
  }

  private withSubject(issuer: string, subject: string): User | undefined {
    return [...this.users.values()].find((user) => user.issuer === issuer && user.subject === subject);
  }
}
