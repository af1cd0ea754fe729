import { mongo } from 'mongoose';
import type { User } from '../../src/users/domain/user';
import { UserSchema } from '../../src/users/storage/user.schema';
import type { UserRepository } from '../../src/users/storage/user.repository';
import { testDatabaseUri } from '../support/test-database';
import { aFullUser, aUser } from '../support/user-fixtures';
import { FEED_QUERIES, sentByFeed } from './feed-queries';
import { openMongoUsers, type OpenedMongoUserRepository, SERVICE_CONNECTION } from './user-opened-repository';
import { type SentUserCommand, SentUserCommands, servesUsers, type UserIndex } from './user-sent-commands';

interface Use {
  readonly what: string;
  readonly index: string;
  readonly sends: readonly SentUserCommand['kind'][];
  /** What remains to be checked in each document that the index finds: few are deleted. */
  readonly filtered?: readonly string[];
  readonly run: (users: UserRepository, stored: User) => Promise<unknown>;
}

const LIST = { index: '_id_', sends: ['read'], filtered: ['status'] } as const;
const ONE = { index: '_id_', sends: ['write'] } as const;

/** Every query that the repository sends, and the index that must serve it. */
const USES: readonly Use[] = [
  { what: 'a user signs in for the first time', ...ONE, run: async (users) => users.insert(aUser()) },
  {
    what: 'a user signs in',
    index: 'issuer_1_subject_1',
    sends: ['read'],
    run: async (users, { issuer, subject }) => users.findBySubject(issuer, subject),
  },
  {
    what: 'the owner of a key is read',
    index: '_id_',
    sends: ['read'],
    run: async (users, { id }) => users.find(id),
  },
  {
    what: 'a profile is refreshed',
    ...ONE,
    run: async (users, user) => users.refresh(user, { emailVerified: true, name: 'Ada' }, new Date()),
  },
  {
    what: 'a user is changed',
    ...ONE,
    sends: ['write', 'read'],
    run: async (users, { id, version }) => users.change(id, version, { status: 'active', username: null }),
  },
  {
    what: 'a user is changed from an old version',
    ...ONE,
    run: async (users, { id }) => users.change(id, 1, { status: 'active' }),
  },
  { what: 'a user is removed', ...ONE, run: async (users, { id }) => users.remove(id) },
  {
    what: 'an unknown user is removed',
    ...ONE,
    sends: ['write', 'read'],
    run: async (users) => users.remove(aUser().id),
  },
  {
    what: 'a removed user is removed again',
    ...ONE,
    sends: ['write', 'write', 'write', 'read', 'write'],
    run: async (users) => {
      const user = aUser();
      await users.insert(user);
      await users.remove(user.id);
      await users.remove(user.id);
    },
  },
  {
    what: 'unfinished removals are listed',
    index: 'removalPending_1',
    sends: ['read'],
    run: async (users) => users.pendingRemovals(100),
  },
  { what: 'a removal is finished', ...ONE, run: async (users, { id }) => users.finishRemoval(id) },
  { what: 'users are listed', ...LIST, run: async (users) => users.list({ limit: 10 }) },
  {
    what: 'users are listed, the next page',
    ...LIST,
    run: async (users, { id }) => users.list({ before: id, limit: 10 }),
  },
  {
    what: 'users are searched by email',
    ...LIST,
    index: 'email_1__id_1',
    run: async (users, { id }) => users.list({ email: 'ada@acme.example', before: id, limit: 10 }),
  },
  {
    what: 'a user is searched by username',
    ...LIST,
    index: 'username_1',
    run: async (users, { id }) => users.list({ username: 'ada', before: id, limit: 10 }),
  },
  {
    what: 'a user is searched by email and username',
    ...LIST,
    index: 'username_1',
    run: async (users) => users.list({ email: 'ada@acme.example', username: 'ada', limit: 10 }),
  },
];

describe('the user store', () => {
  let store: OpenedMongoUserRepository;
  let indexes: readonly UserIndex[];
  let sent: SentUserCommands;
  let stored: User;

  beforeAll(async () => {
    // The connection’s own settings are all weaker than what users need.
    store = await openMongoUsers(testDatabaseUri('user queries'), {
      ...SERVICE_CONNECTION,
      monitorCommands: true,
      readPreference: 'secondaryPreferred',
      readConcernLevel: 'local',
      writeConcern: { w: 1, journal: false },
    });
    indexes = (await store.documents.indexes()) as UserIndex[];
    sent = new SentUserCommands(store.connection);
  });

  beforeEach(async () => {
    stored = aFullUser();
    await store.repository.insert(stored);
    sent.take();
  });

  afterAll(async () => {
    await store.close();
  });

  const commandsOf = async ({ run }: Use): Promise<readonly SentUserCommand[]> => {
    await run(store.repository, stored);
    return sent.take();
  };

  const leftOver = ({ index: name, filtered }: Use, command: SentUserCommand): string | undefined => {
    const index = indexes.find((each) => each.name === name);
    const served = index !== undefined && servesUsers(index, command, filtered);
    return served ? undefined : `${name} does not serve ${JSON.stringify(command)}`;
  };

  it.each(USES)('uses the index $index when $what', async (use) => {
    const commands = await commandsOf(use);
    expect(commands.map(({ kind }) => kind)).toEqual(use.sends);
    expect(commands.map((command) => leftOver(use, command))).toEqual(commands.map(() => undefined));
  });

  it('sends only indexed queries for its change feed', async () => {
    await expect(sentByFeed(store.connection, 'users', indexes)).resolves.toEqual(FEED_QUERIES);
  });

  it('has no unused index', async () => {
    const used = new Set<string>();
    for (const { index } of await sentByFeed(store.connection, 'users', indexes)) used.add(index ?? 'none');
    sent.take();
    for (const use of USES) {
      const commands = await commandsOf(use);
      if (commands.every((command) => leftOver(use, command) === undefined)) used.add(use.index);
    }
    expect(indexes.map(({ name }) => name).toSorted()).toEqual([...used].toSorted());
  });

  it('creates every index of the schema when a service starts', () => {
    const declared = UserSchema.indexes().map(([key]) => Object.entries(key));
    const built = indexes.filter(({ name }) => name !== '_id_').map(({ key }) => Object.entries(key));
    expect(built).toHaveLength(declared.length);
    expect(built).toEqual(expect.arrayContaining(declared));
  });

  it('reads from the primary with majority, and writes with write concern majority and journal', async () => {
    const found = jest.spyOn(mongo.Collection.prototype, 'find');
    const commands: SentUserCommand[] = [];
    for (const use of USES) commands.push(...(await commandsOf(use)));
    const preferences = found.mock.results.map(
      ({ value }) => (value as mongo.FindCursor).readPreference.mode,
    );
    found.mockRestore();

    expect(commands).toHaveLength(USES.flatMap(({ sends }) => sends).length);
    for (const { kind, concern } of commands) {
      expect(concern).toEqual(kind === 'read' ? { level: 'majority' } : { w: 'majority', j: true });
    }
    expect(new Set(preferences)).toEqual(new Set(['primary']));
  });

  it('removes a user in one write, with the time from the server’s clock', async () => {
    await store.repository.remove(stored.id);
    const [write, ...more] = sent.take();
    expect(more).toEqual([]);
    expect(write?.filter).toMatchObject({ _id: stored.id });
    expect(Object.keys(write?.change['$unset'] ?? {}).toSorted()).toEqual([
      'email',
      'name',
      'picture',
      'username',
    ]);
    expect(write?.change).toMatchObject({
      $set: { status: 'deleted', issuer: 'urn:keyward:deleted', subject: stored.id, removalPending: true },
      $inc: { version: 1 },
      $currentDate: { changedAt: true },
    });
  });
});

describe('the check of an index', () => {
  const newest = [['_id', -1]] as const;
  const page = { email: 'a', _id: { $lt: 'z' } };

  it.each<readonly [boolean, string, Omit<UserIndex, 'name'>, Pick<SentUserCommand, 'filter' | 'sort'>]>([
    [
      true,
      'a sort and a range after the equality',
      { key: { email: 1, _id: 1 } },
      { filter: page, sort: newest },
    ],
    [true, 'one document', { key: { email: 1 }, unique: true }, { filter: page, sort: newest }],
    [false, 'several documents with a sort', { key: { email: 1 } }, { filter: page, sort: newest }],
    [
      false,
      'a field that the index lacks',
      { key: { email: 1, _id: 1 } },
      { filter: { name: 'a' }, sort: [] },
    ],
    [false, 'half of a unique index', { key: { a: 1, b: 1 }, unique: true }, { filter: { b: 1 }, sort: [] }],
    [
      false,
      'a range before the sort',
      { key: { email: 1, _id: 1 } },
      { filter: { email: { $ne: 'a' } }, sort: newest },
    ],
    [false, 'an empty query', { key: { email: 1 } }, { filter: {}, sort: [] }],
  ])('answers %s for %s', (verdict, _what, index, command) => {
    expect(servesUsers({ name: 'an index', ...index }, command)).toBe(verdict);
  });
});
