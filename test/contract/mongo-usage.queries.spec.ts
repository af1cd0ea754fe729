import { mongo } from 'mongoose';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import type { UsageRepository } from '../../src/api-keys/ports/usage.repository';
import { UsageSchema } from '../../src/api-keys/usage/storage/usage.schema';
import { testDatabaseUri } from '../support/test-database';
import { SERVICE_CONNECTION } from './opened-repository';
import {
  type SentCommand,
  SentCommands,
  type SentDelete,
  type SentFind,
  type SentUpdate,
  serves,
  type ServerIndex,
  shapesOf,
} from './sent-commands';
import { openMongoUsageRepository, type OpenedMongoUsageRepository } from './usage-opened-repository';
import { uses } from './usage-repository.contract';

const ACME = newKeyId(new Date());
const GLOBEX = newKeyId(new Date());

interface Use {
  readonly what: string;
  readonly index: string;
  readonly kind: 'find' | 'update' | 'delete';
  readonly run: (repository: UsageRepository) => Promise<unknown>;
}

const SPAN = { from: new Date('2027-01-01T00:00:00Z'), to: new Date('2027-02-01T00:00:00Z') };

const ADDING: Use = {
  what: 'adding the counts of many keys, hours and days',
  index: '_id_',
  kind: 'update',
  run: async (repository) =>
    repository.add([
      uses(ACME, '10T09:00:00', 2),
      uses(ACME, '10T10:00:00', 3),
      uses(ACME, '11T10:00:00', 4),
      uses(GLOBEX, '10T09:00:00', 5),
    ]),
};

/** Everything that the repository sends: one command each, and the index that must serve it. */
const USES: readonly Use[] = [
  ADDING,
  {
    what: 'reading a month of one key',
    index: '_id_',
    kind: 'find',
    run: async (repository) => repository.usageOf(ACME, SPAN),
  },
  {
    what: 'adding up the keys of a page',
    index: '_id_',
    kind: 'find',
    run: async (repository) => repository.hoursOf([{ keyId: ACME }, { keyId: GLOBEX }], SPAN),
  },
  {
    what: 'reading the sums of an organisation, an owner, both, and all keys',
    index: '_id_',
    kind: 'find',
    run: async (repository) =>
      repository.hoursOf(
        [{ orgId: 'acme' }, { ownerId: 'bob' }, { orgId: 'acme', ownerId: 'bob' }, {}],
        SPAN,
      ),
  },
  {
    what: 'listing organisations',
    index: '_id_',
    kind: 'find',
    run: async (repository) => repository.groups({ by: 'org', span: SPAN, limit: 10 }),
  },
  {
    what: 'continuing a list of owners',
    index: '_id_',
    kind: 'find',
    run: async (repository) => repository.groups({ by: 'owner', span: SPAN, limit: 10, after: 'bob' }),
  },
  {
    what: 'listing the owners of an organisation',
    index: '_id_',
    kind: 'find',
    run: async (repository) => repository.groups({ by: 'owner', orgId: 'acme', span: SPAN, limit: 10 }),
  },
  {
    what: 'listing the organisations of an owner',
    index: 'ownerId_1__id_1',
    kind: 'find',
    run: async (repository) => repository.groups({ by: 'org', ownerId: 'bob', span: SPAN, limit: 10 }),
  },
  {
    what: 'reading the last use of all keys of a page',
    index: '_id_',
    kind: 'find',
    run: async (repository) => repository.lastUsed([ACME, GLOBEX]),
  },
  {
    what: 'pinging the store',
    index: '_id_',
    kind: 'find',
    run: async (repository) => repository.probe(),
  },
  {
    what: 'pruning',
    index: 'day_1',
    kind: 'delete',
    run: async (repository) => repository.prune(new Date('2027-01-01T00:00:00Z')),
  },
];

describe('the usage store', () => {
  let store: OpenedMongoUsageRepository;
  let indexes: readonly ServerIndex[];
  let sent: SentCommands;

  beforeAll(async () => {
    // The connection’s own settings are all weaker than what usage needs.
    store = await openMongoUsageRepository(testDatabaseUri('usage queries'), {
      ...SERVICE_CONNECTION,
      monitorCommands: true,
      readPreference: 'secondaryPreferred',
      readConcernLevel: 'local',
      writeConcern: { w: 1, journal: false },
    });
    indexes = (await store.documents.indexes()) as ServerIndex[];
    sent = new SentCommands(store.connection, 'api_key_usage');
  });
  beforeEach(() => {
    sent.take();
  });
  afterAll(async () => {
    await store.close();
  });

  async function commandOf(use: Use): Promise<SentCommand> {
    await use.run(store.repository);
    const [command, ...more] = sent.take();
    if (command === undefined || more.length > 0) throw new Error(`not one command: ${JSON.stringify(more)}`);
    return command;
  }

  function isServedBy(name: string, command: SentCommand): boolean {
    const index = indexes.find((each) => each.name === name);
    return index !== undefined && shapesOf(command).every((shape) => serves(index, shape));
  }

  it.each(USES)('sends one command, which uses the index $index, when $what', async (use) => {
    const command = await commandOf(use);
    expect(Object.keys(command)).toContain(use.kind);
    expect(shapesOf(command).length).toBeGreaterThan(0);
    expect([shapesOf(command), isServedBy(use.index, command)]).toEqual([shapesOf(command), true]);
  });

  it('has no unused index, and has exactly the indexes that the schema declares', async () => {
    const used = new Set<string>();
    for (const use of USES) if (isServedBy(use.index, await commandOf(use))) used.add(use.index);
    expect(indexes.map(({ name }) => name).toSorted()).toEqual([...used].toSorted());
    expect(indexes.filter(({ name }) => name !== '_id_').map(({ key }) => key)).toEqual(
      UsageSchema.indexes().map(([key]) => key),
    );
  });

  it('upserts each document by id and day, so that concurrent first inserts are safe', async () => {
    const { updates } = (await commandOf(ADDING)) as SentUpdate;
    // An upsert by `_id` alone is not atomic on every server with the MongoDB protocol.
    expect(updates.map(({ q }) => Object.keys(q))).toEqual(updates.map(() => ['_id', 'day']));
    expect(updates.every(({ q }) => typeof q['_id'] === 'string')).toBe(true);
    expect(updates.map(({ upsert }) => upsert)).toEqual(updates.map(() => true));
    // Three of keys, four sums of each of two days, and two last uses.
    expect(updates).toHaveLength(3 + 8 + 2);
    expect(new Set(updates.flatMap(({ u }) => Object.keys(u)))).toEqual(new Set(['$inc', '$max']));
  });

  it('uses no collation, pipeline, expression, transaction or TTL index', async () => {
    for (const use of USES) {
      expect(JSON.stringify(await commandOf(use))).not.toMatch(/collation|\$expr|startTransaction|"u":\[/);
    }
    for (const index of await store.documents.indexes())
      expect(index).not.toHaveProperty('expireAfterSeconds');
  });

  it('reads from the primary with majority, and writes with write concern majority and journal', async () => {
    const found = jest.spyOn(mongo.Collection.prototype, 'find');
    const commands = [];
    for (const use of USES) commands.push(await commandOf(use));
    const preferences = found.mock.results.map(
      ({ value }) => (value as mongo.FindCursor).readPreference.mode,
    );
    found.mockRestore();
    const reads = commands.filter((command): command is SentFind => 'find' in command);
    const writes = commands.filter((command): command is SentUpdate | SentDelete => !('find' in command));
    expect([reads.length, writes.length]).toEqual([9, 2]);
    expect(preferences).toEqual(reads.map(() => 'primary'));
    for (const { readConcern } of reads) expect(readConcern).toEqual({ level: 'majority' });
    for (const { writeConcern } of writes) expect(writeConcern).toEqual({ w: 'majority', j: true });
  });
});
