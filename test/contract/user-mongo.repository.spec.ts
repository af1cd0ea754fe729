import { setTimeout as pause } from 'node:timers/promises';
import { aFullUser, aUser, nothingKnown } from '../support/user-fixtures';
import { testDatabaseUri } from '../support/test-database';
import { mongoUsersOn, openMongoUsers, type OpenedMongoUserRepository } from './user-opened-repository';
import { describeUserRepository } from './user-repository.contract';

const BARE = [
  '_id',
  'changedAt',
  'createdAt',
  'emailVerified',
  'issuer',
  'keySlots',
  'lastLoginAt',
  'status',
  'subject',
  'version',
];

describe('users in MongoDB', () => {
  describeUserRepository(async () => openMongoUsers());
});

describe('the documents of users in MongoDB', () => {
  let store: OpenedMongoUserRepository;

  beforeEach(async () => {
    store = await openMongoUsers(testDatabaseUri('user documents'));
  });

  afterEach(async () => {
    await store.close();
  });

  const fieldsOf = async (id: string): Promise<readonly string[]> =>
    Object.keys((await store.documents.findOne({ _id: id })) ?? {}).toSorted();
  const changedAt = async (id: string): Promise<number> => {
    const document = await store.documents.findOne({ _id: id });
    const at = document?.['changedAt'];
    if (!(at instanceof Date)) throw new Error('the document has no date of the status change');
    return at.getTime();
  };

  it('are kept in users, one for each user, by its id', async () => {
    const { id, ...fields } = aFullUser();
    await store.repository.insert({ id, ...fields });
    await expect(store.documents.find().toArray()).resolves.toEqual([
      // Former versions need the list.
      { _id: id, ...fields, keySlots: [], changedAt: expect.any(Date) },
    ]);
  });

  it('omit missing values instead of storing null', async () => {
    const bare = aUser(nothingKnown());
    const full = { ...aFullUser(), removalPending: undefined };
    await store.repository.insert(bare);
    await store.repository.insert(full);
    await expect(fieldsOf(bare.id)).resolves.toEqual(BARE);

    await store.repository.refresh(full, { emailVerified: false }, new Date());
    await store.repository.change(full.id, full.version, { username: null });
    await expect(fieldsOf(full.id)).resolves.toEqual(BARE);
    expect(JSON.stringify(await store.documents.find().toArray())).not.toContain('null');
  });

  it('lose all personal data when the user is removed', async () => {
    const user = { ...aFullUser(), removalPending: undefined };
    await store.repository.insert(user);
    await store.repository.remove(user.id);
    await expect(fieldsOf(user.id)).resolves.toEqual([...BARE, 'removalPending'].toSorted());
    const text = JSON.stringify(await store.documents.findOne());
    for (const secret of ['acme', 'Ada', 'subject of', 'https:']) expect(text).not.toContain(secret);

    await store.repository.finishRemoval(user.id);
    await expect(fieldsOf(user.id)).resolves.toEqual(BARE);
  });

  it('record the server’s time of status changes and removals, but not of other changes', async () => {
    const user = aUser();
    await store.repository.insert(user);
    const { id } = user;
    let before = await changedAt(id);
    const quiet: readonly (() => Promise<unknown>)[] = [
      async () => store.repository.refresh(user, { emailVerified: true, name: 'Ada' }, new Date()),
      async () => store.repository.change(id, 1, { username: 'ada' }),
      async () => store.repository.change(id, 1, { status: 'disabled' }),
    ];
    for (const deed of quiet) {
      await pause(3);
      await deed();
      expect(await changedAt(id)).toBe(before);
    }
    const loud: readonly (() => Promise<unknown>)[] = [
      async () => store.repository.change(id, 2, { status: 'disabled' }),
      async () => store.repository.change(id, 3, { status: 'active', username: null }),
      async () => store.repository.remove(id),
      // Announced again, for an instance that may have missed it.
      async () => store.repository.remove(id),
    ];
    for (const deed of loud) {
      await pause(3);
      await deed();
      const after = await changedAt(id);
      expect(after).toBeGreaterThan(before);
      before = after;
    }
    await pause(3);
    await store.repository.finishRemoval(id);
    expect(await changedAt(id)).toBe(before);
  });

  it('are listed without the heartbeats of the change feed', async () => {
    const user = aUser({ email: 'ada@acme.example' });
    await store.repository.insert(user);
    await store.documents.insertMany([
      { _id: '#hb:instance-1', changedAt: new Date() },
      { _id: '#hb:instance-2', changedAt: new Date() },
      { _id: '#hb:~', changedAt: new Date(), email: 'ada@acme.example' },
    ]);
    for (const query of [{}, { email: 'ada@acme.example' }]) {
      await expect(store.repository.list({ ...query, limit: 10 })).resolves.toEqual([user]);
      await expect(store.repository.list({ ...query, before: user.id, limit: 10 })).resolves.toEqual([]);
    }
    await expect(store.repository.pendingRemovals(10)).resolves.toEqual([]);
  });

  it('can be stored after several instances have prepared the collection at once', async () => {
    await store.connection.dropDatabase();
    const instances = Array.from({ length: 5 }, () => mongoUsersOn(store.connection));
    await Promise.all(instances.map((instance) => instance.prepare()));
    await store.repository.prepare();
    const user = aUser();
    await store.repository.insert(user);
    await expect(store.repository.find(user.id)).resolves.toEqual(user);
  });

  it('are marked durable, so that production accepts them', () => {
    expect(store.repository.durability).toBe('durable');
  });
});
