import { createConnection } from 'mongoose';
import { StorageUnavailableError } from '../../src/problems/storage.errors';
import type { User } from '../../src/users/domain/user';
import type { UserRepository } from '../../src/users/storage/user.repository';
import { timed } from '../support/lateness';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { eventuallyIs } from '../support/patience';
import { aUser } from '../support/user-fixtures';
import {
  mongoUsersOn,
  openMongoUsers,
  type OpenedMongoUserRepository,
} from '../contract/user-opened-repository';

/** The time limit that design.md promises to callers while the store is unreachable. */
const REFUSED_WITHIN_MS = 2000;

const OPERATIONS: Readonly<Record<string, (users: UserRepository, user: User) => Promise<unknown>>> = {
  insert: async (users) => users.insert(aUser()),
  find: async (users, { id }) => users.find(id),
  findBySubject: async (users, { issuer, subject }) => users.findBySubject(issuer, subject),
  refresh: async (users, user) => users.refresh(user, { emailVerified: true }, new Date()),
  change: async (users, { id }) => users.change(id, 1, { status: 'disabled' }),
  remove: async (users, { id }) => users.remove(id),
  pendingRemovals: async (users) => users.pendingRemovals(10),
  finishRemoval: async (users, { id }) => users.finishRemoval(id),
  list: async (users) => users.list({ limit: 10 }),
};

interface Refusal {
  readonly operation: string;
  readonly error: unknown;
  readonly inTime: boolean;
}

async function refusalsOf(users: UserRepository, user: User): Promise<readonly Refusal[]> {
  return Promise.all(
    Object.entries(OPERATIONS).map(async ([operation, run]) => {
      const { result: error, ms } = await timed(async () =>
        run(users, user).then(
          () => 'none',
          (reason: unknown) => (reason instanceof Error ? reason.constructor : reason),
        ),
      );
      return { operation, error, inTime: ms < REFUSED_WITHIN_MS };
    }),
  );
}

const REFUSED = Object.keys(OPERATIONS).map((operation) => ({
  operation,
  error: StorageUnavailableError,
  inTime: true,
}));

describe('the user store while MongoDB is unreachable', () => {
  let server: MongoServer;
  let store: OpenedMongoUserRepository;

  beforeAll(async () => {
    server = await startMongoServer({ own: true });
    store = await openMongoUsers(withDatabase(server.uri, 'user_outage'));
  });

  afterEach(() => {
    server.resume();
  });

  afterAll(async () => {
    await store.connection.close();
    await server.stop();
  });

  it('rejects every operation in time, and recovers when MongoDB is back', async () => {
    const user = aUser();
    await store.repository.insert(user);
    server.suspend();
    // First with the open connections, then again after these are lost.
    await expect(refusalsOf(store.repository, user)).resolves.toEqual(REFUSED);
    await expect(refusalsOf(store.repository, user)).resolves.toEqual(REFUSED);

    server.resume();
    const isBack = async (): Promise<boolean> =>
      store.repository.find(user.id).then(
        () => true,
        () => false,
      );
    await eventuallyIs(isBack, true);
    await expect(store.repository.find(user.id)).resolves.toMatchObject({ id: user.id });
  });

  it('rejects every operation in time on a connection that was never opened', async () => {
    const users = mongoUsersOn(createConnection());
    await expect(refusalsOf(users, aUser())).resolves.toEqual(REFUSED);
  });

  it('has every operation of its repository in these tests', () => {
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(store.repository)).filter(
      (name) => !['constructor', 'prepare', 'findOne'].includes(name),
    );
    expect(Object.keys(OPERATIONS).toSorted()).toEqual(methods.toSorted());
  });
});
