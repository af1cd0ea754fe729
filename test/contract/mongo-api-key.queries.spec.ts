import { mongo } from 'mongoose';
import type { ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import { ApiKeySchema } from '../../src/api-keys/storage/api-key.schema';
import { aFullKey, aKey, ALICE, changed } from '../../src/testing/contract/key-fixtures';
import { testDatabaseUri } from '../support/test-database';
import { FEED_QUERIES, sentByFeed } from './feed-queries';
import { openMongoRepository, type OpenedMongoRepository, SERVICE_CONNECTION } from './opened-repository';
import {
  type QueryShape,
  type SentCommand,
  SentCommands,
  type SentFind,
  type SentUpdate,
  serves,
  type ServerIndex,
  shapeOf,
} from './sent-commands';

interface Use {
  readonly what: string;
  readonly index: string;
  readonly reads: number;
  readonly writes: number;
  /** What remains to be filtered among few keys, those of one owner. */
  readonly filtered?: readonly string[];
  /** Whether the change feed must not announce it. */
  readonly quiet?: boolean;
  readonly run: (repository: ApiKeyRepository, stored: ApiKeyWithHistory) => Promise<unknown>;
}

/** Every query that the repository sends, and the index that must serve it. */
const USES: readonly Use[] = [
  {
    what: 'verifying a key',
    index: '_id_',
    reads: 1,
    writes: 0,
    run: async (repository, { id }) => repository.find(id),
  },
  {
    what: 'reading a key before a change',
    index: '_id_',
    reads: 1,
    writes: 0,
    run: async (repository, { id }) => repository.findWithHistory(id),
  },
  {
    what: 'creating a key',
    index: '_id_',
    reads: 0,
    writes: 1,
    run: async (repository) => repository.insert(aKey()),
  },
  {
    what: 'creating a key again',
    index: '_id_',
    reads: 1,
    writes: 1,
    run: async (repository, stored) => repository.insert(stored),
  },
  {
    what: 'changing a key',
    index: '_id_',
    reads: 0,
    writes: 1,
    run: async (repository, stored) => repository.replace(changed(stored, { name: 'renamed' })),
  },
  {
    what: 'changing a key from an old version',
    index: '_id_',
    reads: 1,
    writes: 1,
    run: async (repository) => repository.replace(changed(aKey(), { name: 'renamed' })),
  },
  {
    what: 'listing all keys',
    index: '_id_',
    reads: 1,
    writes: 0,
    run: async (repository) => repository.list({ limit: 10 }),
  },
  {
    what: 'listing all keys, the next page',
    index: '_id_',
    reads: 1,
    writes: 0,
    run: async (repository, { id }) => repository.list({ before: id, limit: 10 }),
  },
  {
    what: 'listing the keys of an owner',
    index: 'ownerId_1__id_1',
    reads: 1,
    writes: 0,
    run: async (repository, { id }) => repository.list({ ownerId: ALICE, before: id, limit: 10 }),
  },
  {
    what: 'listing the keys of an organisation',
    index: 'orgId_1__id_1',
    reads: 1,
    writes: 0,
    run: async (repository, { id }) => repository.list({ orgId: 'acme', before: id, limit: 10 }),
  },
  {
    what: 'listing the keys of a project',
    index: 'orgId_1_projectId_1__id_1',
    reads: 1,
    writes: 0,
    run: async (repository) => repository.list({ orgId: 'acme', projectId: 'website', limit: 10 }),
  },
  {
    what: 'listing the keys of a project without an organisation',
    index: 'projectId_1__id_1',
    reads: 1,
    writes: 0,
    run: async (repository, { id }) => repository.list({ projectId: 'website', before: id, limit: 10 }),
  },
  {
    what: 'listing the keys of an owner in an organisation',
    index: 'ownerId_1__id_1',
    reads: 1,
    writes: 0,
    filtered: ['orgId'],
    run: async (repository) => repository.list({ ownerId: ALICE, orgId: 'acme', limit: 10 }),
  },
  {
    what: 'listing the keys of an owner in a project',
    index: 'ownerId_1__id_1',
    reads: 1,
    writes: 0,
    filtered: ['orgId', 'projectId'],
    run: async (repository) =>
      repository.list({ ownerId: ALICE, orgId: 'acme', projectId: 'website', limit: 10 }),
  },
  {
    what: 'listing the keys with an external id',
    index: 'externalId_1__id_1',
    reads: 1,
    writes: 0,
    run: async (repository, { id }) => repository.list({ externalId: 'cust-7', before: id, limit: 10 }),
  },
  {
    what: 'listing the keys of an organisation with an external id',
    index: 'externalId_1__id_1',
    reads: 1,
    writes: 0,
    filtered: ['orgId'],
    run: async (repository) => repository.list({ externalId: 'cust-7', orgId: 'acme', limit: 10 }),
  },
  {
    what: 'announcing a key again',
    index: '_id_',
    reads: 0,
    writes: 1,
    run: async (repository, { id }) => repository.announceAgain?.(id),
  },
  {
    what: 'filtering all keys',
    index: '_id_',
    reads: 1,
    writes: 0,
    run: async (repository) => repository.listOutlines({ limit: 10 }),
  },
  {
    what: 'filtering the keys of an owner',
    index: 'ownerId_1__id_1',
    reads: 1,
    writes: 0,
    run: async (repository, { id }) => repository.listOutlines({ ownerId: ALICE, before: id, limit: 10 }),
  },
  {
    what: 'filtering the keys of a project',
    index: 'orgId_1_projectId_1__id_1',
    reads: 1,
    writes: 0,
    run: async (repository) => repository.listOutlines({ orgId: 'acme', projectId: 'website', limit: 10 }),
  },
  {
    what: 'reading the keys of a filtered page',
    index: '_id_',
    reads: 1,
    writes: 0,
    run: async (repository, { id }) => repository.findMany([id, aKey().id]),
  },
  {
    what: 'finding the live keys of an owner',
    index: 'ownerId_1_revokedAt_1_expiresAt_1',
    reads: 1,
    writes: 0,
    run: async (repository) => repository.slots?.live(`owner:${ALICE}`, new Date(), 1001),
  },
  {
    what: 'finding the live keys of an organisation',
    index: 'orgId_1_revokedAt_1_expiresAt_1',
    reads: 1,
    writes: 0,
    run: async (repository) => repository.slots?.live('org:acme', new Date(), 1001),
  },
  {
    what: 'finding the keys with waiting events',
    index: 'pendingAt_1',
    reads: 1,
    writes: 0,
    run: async (repository) => repository.outbox?.pending(10),
  },
  {
    what: 'reading the age of the oldest waiting event',
    index: 'pendingAt_1',
    reads: 1,
    writes: 0,
    run: async (repository) => repository.outbox?.oldestPending(),
  },
  {
    what: 'removing events that were passed on',
    index: '_id_',
    reads: 0,
    writes: 1,
    quiet: true,
    run: async (repository, { id }) => repository.outbox?.settle({ keyId: id, version: 1, events: [] }),
  },
  {
    what: 'removing some of the events',
    index: '_id_',
    reads: 0,
    writes: 2,
    quiet: true,
    run: async (repository, { id }) => repository.outbox?.settle({ keyId: id, version: 0, events: [] }),
  },
  {
    what: 'finding expiring keys',
    index: 'expiresAt_1__id_1',
    reads: 1,
    writes: 0,
    run: async (repository) => repository.outbox?.expiring(new Date(0), new Date(), 10),
  },
  {
    what: 'finding more expiring keys',
    index: 'expiresAt_1__id_1',
    reads: 2,
    writes: 0,
    run: async (repository, { id, expiresAt = new Date() }) =>
      repository.outbox?.expiring(new Date(0), new Date(), 10, { expiresAt, id }),
  },
];

function sumOf(count: (use: Use) => number): number {
  return USES.reduce((sum, use) => sum + count(use), 0);
}

describe('the key store', () => {
  let store: OpenedMongoRepository;
  let indexes: readonly ServerIndex[];
  let sent: SentCommands;
  let stored: ApiKeyWithHistory;

  beforeAll(async () => {
    // The connection’s own settings are all weaker than what keys need.
    store = await openMongoRepository(testDatabaseUri('queries'), {
      ...SERVICE_CONNECTION,
      monitorCommands: true,
      readPreference: 'secondaryPreferred',
      readConcernLevel: 'local',
      writeConcern: { w: 1, journal: false },
    });
    indexes = (await store.documents.indexes()) as ServerIndex[];
    sent = new SentCommands(store.connection, 'api_keys');
  });

  beforeEach(async () => {
    stored = aFullKey();
    await store.repository.insert(stored);
    sent.take();
  });

  afterAll(async () => {
    await store.close();
  });

  async function commandsOf(use: Use): Promise<readonly SentCommand[]> {
    await use.run(store.repository, stored);
    return sent.take();
  }

  function leftOver({ index: name, filtered = [] }: Use, command: SentCommand): string | undefined {
    const shape = shapeOf(command);
    const index = indexes.find((each) => each.name === name);
    const served =
      index !== undefined &&
      serves(index, { ...shape, equal: shape.equal.filter((field) => !filtered.includes(field)) });
    return served ? undefined : `${name} does not serve ${JSON.stringify(shape)}`;
  }

  it.each(USES)('uses the index $index when $what', async (use) => {
    const commands = await commandsOf(use);
    expect(commands).toHaveLength(use.reads + use.writes);
    expect(commands.map((command) => leftOver(use, command))).toEqual(commands.map(() => undefined));
  });

  it('sends only indexed queries for its change feed', async () => {
    await expect(sentByFeed(store.connection, 'api_keys', indexes)).resolves.toEqual(FEED_QUERIES);
  });

  it('has no unused index', async () => {
    const used = new Set<string>(['_id_']);
    for (const { index } of await sentByFeed(store.connection, 'api_keys', indexes))
      used.add(index ?? 'none');
    sent.take();
    for (const use of USES) {
      const commands = await commandsOf(use);
      if (commands.every((command) => leftOver(use, command) === undefined)) used.add(use.index);
    }
    expect(indexes.map(({ name }) => name).toSorted()).toEqual([...used].toSorted());
  });

  it('has every index that the schema declares', () => {
    const declared = ApiKeySchema.indexes().map(([key]) => Object.entries(key));
    const built = indexes.filter(({ name }) => name !== '_id_').map(({ key }) => Object.entries(key));
    expect(built).toHaveLength(declared.length);
    expect(built).toEqual(expect.arrayContaining(declared));
  });

  it('reads from the primary with read concern majority, even if the connection has weaker settings', async () => {
    const found = jest.spyOn(mongo.Collection.prototype, 'find');
    const reads: SentFind[] = [];
    for (const use of USES) {
      for (const command of await commandsOf(use)) if ('find' in command) reads.push(command);
    }
    const preferences = found.mock.results.map(
      ({ value }) => (value as mongo.FindCursor).readPreference.mode,
    );
    found.mockRestore();

    expect(reads).toHaveLength(sumOf(({ reads: each }) => each));
    expect(reads.map(({ readConcern }) => readConcern)).toEqual(reads.map(() => ({ level: 'majority' })));
    expect(preferences).toEqual(reads.map(() => 'primary'));
  });

  it('writes with write concern majority and journal, and sets changedAt from the server’s clock', async () => {
    const writes: SentUpdate[] = [];
    for (const use of USES.filter(({ quiet = false }) => !quiet)) {
      for (const command of await commandsOf(use)) if ('update' in command) writes.push(command);
    }
    expect(writes).toHaveLength(sumOf(({ writes: each, quiet = false }) => (quiet ? 0 : each)));
    for (const { writeConcern, updates } of writes) {
      expect(writeConcern).toEqual({ w: 'majority', j: true });
      const { $currentDate, ...values } = updates[0]?.u ?? {};
      expect($currentDate).toEqual({ changedAt: true });
      expect(Object.values(values).flatMap((fields) => Object.keys(fields))).not.toContain('changedAt');
    }
  });

  it('writes only the fields of the outbox when events are removed from it', async () => {
    for (const use of USES.filter(({ quiet }) => quiet)) {
      for (const { writeConcern, updates } of (await commandsOf(use)) as readonly SentUpdate[]) {
        expect(writeConcern).toEqual({ w: 'majority', j: true });
        const fields = Object.values(updates[0]?.u ?? {}).flatMap((each) => Object.keys(each));
        expect(fields.length).toBeGreaterThan(0);
        expect(['pending', 'pendingAt']).toEqual(expect.arrayContaining(fields));
      }
    }
  });

  it('changes a key, its history and its event in one write of one document', async () => {
    const change = changed(stored, { name: 'renamed' });
    await store.repository.replace(change);
    const [write, ...more] = sent.take() as readonly SentUpdate[];
    expect(more).toEqual([]);
    expect(write?.updates).toHaveLength(1);
    expect(write?.updates[0]).toMatchObject({
      q: { _id: stored.id, version: 1 },
      u: {
        $set: { name: 'renamed', version: 2, history: change.history },
        $push: { pending: { type: 'api-key.updated', version: 2, actor: 'cli', fields: ['name'] } },
        $min: { pendingAt: change.updatedAt },
      },
    });
    expect(write?.updates[0]?.upsert ?? false).toBe(false);
  });

  it('does not read the history when a key is verified or listed', async () => {
    await store.repository.find(stored.id);
    await store.repository.list({ limit: 10 });
    const reads = sent.take() as readonly SentFind[];
    expect(reads).toHaveLength(2);
    for (const { projection } of reads)
      expect(projection).toMatchObject({ history: 0, historyDropped: 0, pending: 0, pendingAt: 0 });
  });

  it('reads only seven small fields of each key when a list is filtered', async () => {
    await store.repository.listOutlines({ limit: 10 });
    const [read] = sent.take() as readonly SentFind[];
    expect(read?.projection).toEqual({
      ownerId: 1,
      orgId: 1,
      projectId: 1,
      externalId: 1,
      enabled: 1,
      expiresAt: 1,
      revokedAt: 1,
    });
  });
});

describe('the check of an index', () => {
  const newest = [['_id', -1]] as const;

  it.each<readonly ['accepts' | 'rejects', string, Record<string, number>, QueryShape]>([
    [
      'accepts',
      'an index with the sort field after the equality field',
      { orgId: 1, _id: 1 },
      { equal: ['orgId'], range: ['_id'], sort: newest },
    ],
    [
      'accepts',
      'equality fields in any order',
      { orgId: 1, projectId: 1, _id: 1 },
      { equal: ['projectId', 'orgId'], range: [], sort: newest },
    ],
    [
      'accepts',
      'only a range of one field',
      { changedAt: 1 },
      { equal: [], range: ['changedAt'], sort: [['changedAt', 1]] },
    ],
    [
      'accepts',
      'a query for one id, even with other fields',
      { _id: 1 },
      { equal: ['version', '_id'], range: [], sort: [] },
    ],
    [
      'rejects',
      'a field between equality and sort, because the server would have to sort',
      { orgId: 1, projectId: 1, _id: 1 },
      { equal: ['orgId'], range: [], sort: newest },
    ],
    [
      'rejects',
      'an equality field that the index lacks',
      { orgId: 1, _id: 1 },
      { equal: ['orgId', 'ownerId'], range: [], sort: newest },
    ],
    ['rejects', 'a sort that the index lacks', { orgId: 1 }, { equal: ['orgId'], range: [], sort: newest }],
    [
      'rejects',
      'a sort with only one of two fields in the order of the index',
      { a: 1, b: 1 },
      {
        equal: [],
        range: [],
        sort: [
          ['a', 1],
          ['b', -1],
        ],
      },
    ],
    [
      'rejects',
      'a range after a field that the query lacks',
      { orgId: 1, projectId: 1, _id: 1 },
      { equal: ['orgId'], range: ['_id'], sort: [] },
    ],
    ['rejects', 'a query without fields', { orgId: 1 }, { equal: [], range: [], sort: [] }],
  ])('%s %s', (verdict, _what, key, shape) => {
    expect(serves({ key }, shape)).toBe(verdict === 'accepts');
  });
});
