import type { mongo } from 'mongoose';
import { positionAt } from '../../src/api-keys/domain/key-event';
import type { EventRepository, QueuedEvent } from '../../src/api-keys/ports/event.repository';
import { anEvent } from '../support/event-fixtures';
import { ALICE } from '../../src/testing/contract/key-fixtures';
import { testDatabaseUri } from '../support/test-database';
import { type OpenedMongoEvents, openMongoEvents } from './opened-events';
import { SERVICE_CONNECTION } from './opened-repository';
import { type SentFind, type SentUpdate, serves, type ServerIndex, shapeOf } from './sent-commands';

const NOON = new Date('2030-06-01T12:00:00Z');
const AGO = positionAt(new Date(0));
const THEN = positionAt(NOON);

interface Use {
  readonly what: string;
  readonly index: string;
  readonly sends: readonly ('find' | 'update' | 'delete')[];
  /** A field of the index after the sort fields. The index skips entries with other values. */
  readonly leapsBy?: string;
  /** A field that only the documents of a partial index have, and those are few. */
  readonly looksAt?: string;
  readonly run: (events: EventRepository, queued: QueuedEvent) => Promise<unknown>;
}

/** Every query that the store sends, and the index that must serve it. */
const USES: readonly Use[] = [
  {
    what: 'recording an event',
    index: '_id_',
    sends: ['update'],
    run: async (events) => events.add(anEvent()),
  },
  {
    what: 'reading the trail',
    index: 'position_1',
    sends: ['find'],
    run: async (events) => events.list({ limit: 10 }),
  },
  {
    what: 'reading a time range of the trail',
    index: 'position_1',
    sends: ['find'],
    run: async (events) => events.list({ from: AGO, before: THEN, limit: 10 }),
  },
  {
    what: 'reading the trail of a key',
    index: 'keyId_1_position_1',
    sends: ['find'],
    run: async (events, { keyId }) => events.list({ keyId, before: THEN, limit: 10 }),
  },
  {
    what: 'reading the trail of an owner',
    index: 'ownerId_1_position_1',
    sends: ['find'],
    run: async (events) => events.list({ ownerId: ALICE, from: AGO, limit: 10 }),
  },
  {
    what: 'reading the trail of an organisation',
    index: 'orgId_1_position_1',
    sends: ['find'],
    run: async (events) => events.list({ orgId: 'acme', limit: 10 }),
  },
  {
    what: 'reading the trail of a project',
    index: 'orgId_1_projectId_1_position_1',
    sends: ['find'],
    run: async (events) => events.list({ orgId: 'acme', projectId: 'apollo', before: THEN, limit: 10 }),
  },
  {
    what: 'reading the trail of a project without an organisation',
    index: 'projectId_1_position_1',
    sends: ['find'],
    run: async (events) => events.list({ projectId: 'apollo', before: THEN, limit: 10 }),
  },
  {
    what: 'reading the trail of a key within an organisation',
    index: 'orgId_1_keyId_1_position_1',
    sends: ['find'],
    run: async (events, { keyId }) => events.list({ orgId: 'acme', keyId, before: THEN, limit: 10 }),
  },
  {
    what: 'reading the trail of an owner within an organisation',
    index: 'orgId_1_ownerId_1_position_1',
    sends: ['find'],
    run: async (events) => events.list({ orgId: 'acme', ownerId: ALICE, before: THEN, limit: 10 }),
  },
  {
    what: 'reading the trail of an owner within a project',
    index: 'orgId_1_ownerId_1_position_1',
    sends: ['find'],
    looksAt: 'projectId',
    run: async (events) => events.list({ orgId: 'acme', ownerId: ALICE, projectId: 'apollo', limit: 10 }),
  },
  {
    what: 'reading the trail of a type',
    index: 'type_1_position_1',
    sends: ['find'],
    run: async (events) => events.list({ type: 'api-key.revoked', limit: 10 }),
  },
  {
    what: 'finding due events',
    index: 'deliverAt_1',
    sends: ['find'],
    run: async (events) => events.due(NOON, 10),
  },
  {
    what: 'finding organisations with due events',
    index: 'orgId_1_keyId_1_deliverAt_1',
    sends: ['find', 'find'],
    leapsBy: 'deliverAt',
    run: async (events) => events.dueOrganisations(NOON, undefined, 2),
  },
  {
    what: 'finding the keys of an organisation with due events',
    index: 'orgId_1_keyId_1_deliverAt_1',
    sends: ['find'],
    leapsBy: 'deliverAt',
    run: async (events) => events.dueKeys('acme', NOON, 'k', 2),
  },
  {
    what: 'finding the due events of a key',
    index: 'keyId_1_version_1_position_1_deliverAt_1',
    sends: ['find'],
    leapsBy: 'deliverAt',
    run: async (events, { keyId }) => events.dueOf(keyId, NOON, 10),
  },
  {
    what: 'finding the event that blocks a key',
    index: 'keyId_1_version_1_position_1_deliverAt_1',
    sends: ['find'],
    leapsBy: 'deliverAt',
    looksAt: 'attempts',
    run: async (events, { keyId }) => events.holderOf(keyId, NOON, 5),
  },
  {
    what: 'postponing an event',
    index: '_id_',
    sends: ['update'],
    run: async (events, queued) => events.postpone(queued, NOON, 1),
  },
  {
    what: 'finishing an event',
    index: '_id_',
    sends: ['update'],
    run: async (events, queued) => events.settle(queued, 'delivered'),
  },
  {
    what: 'looking for old events when there are none',
    index: 'position_1',
    sends: ['find'],
    run: async (events) => events.prune(AGO, 10),
  },
];

describe('the event store', () => {
  let store: OpenedMongoEvents;
  let indexes: readonly ServerIndex[];
  let queued: QueuedEvent;
  let sent: (SentFind | SentUpdate)[] = [];
  let all: mongo.Document[] = [];

  beforeAll(async () => {
    store = await openMongoEvents(testDatabaseUri('event queries'), {
      ...SERVICE_CONNECTION,
      monitorCommands: true,
      readPreference: 'secondaryPreferred',
      readConcernLevel: 'local',
      writeConcern: { w: 1, journal: false },
    });
    indexes = (await store.documents.indexes()) as ServerIndex[];
    store.connection
      .getClient()
      .on('commandStarted', ({ command, commandName }: mongo.CommandStartedEvent) => {
        if (!['events', 'leases'].includes(String(Reflect.get(command, commandName)))) return;
        all.push(command);
        if (commandName !== 'delete') sent.push(command as SentFind | SentUpdate);
      });
  });
  beforeEach(async () => {
    const event = anEvent();
    await store.events.add(event, NOON);
    [queued = { ...event, deliverAt: NOON, attempts: 0 }] = await store.events.dueOf(event.keyId, NOON, 1);
    sent = [];
    all = [];
  });
  afterAll(async () => {
    await store.close();
  });

  const isServed = ({ index: name, leapsBy, looksAt }: Use): boolean => {
    const index = indexes.find((each) => each.name === name);
    if (index === undefined || (leapsBy !== undefined && !(leapsBy in index.key))) return false;
    const isNarrowing = (field: string): boolean => field !== leapsBy && field !== looksAt;
    return (
      sent.length > 0 &&
      sent
        .map(shapeOf)
        .every(({ equal, range, sort }) =>
          serves(index, { equal: equal.filter(isNarrowing), range: range.filter(isNarrowing), sort }),
        )
    );
  };

  it.each(USES)('uses the index $index when $what', async (use) => {
    await use.run(store.events, queued);
    expect(all.map((command) => Object.keys(command)[0])).toEqual(use.sends);
    expect([sent.map(shapeOf), isServed(use)]).toEqual([expect.anything(), true]);
  });

  it('has no unused index and no TTL index', async () => {
    const used = new Set<string>();
    for (const use of USES) {
      sent = [];
      await use.run(store.events, queued);
      if (isServed(use)) used.add(use.index);
    }
    expect(indexes.map(({ name }) => name).toSorted()).toEqual([...used].toSorted());
    expect(indexes.filter((index) => 'expireAfterSeconds' in index)).toEqual([]);
  });

  it('removes old events by their ids', async () => {
    await store.events.prune(positionAt(new Date('2100-01-01')), 1);
    expect(all.map((command) => Object.keys(command)[0])).toEqual(['find', 'delete']);
    expect(all[1]).toMatchObject({
      deletes: [{ q: { _id: { $in: [expect.any(String)] } } }],
      writeConcern: { w: 'majority', j: true },
    });
  });

  it('upserts events and leases with a condition besides _id, so that only one insert succeeds', async () => {
    await store.events.add(anEvent());
    await store.events.leases.write('events', { holder: 'one', beat: 1 });
    const upserts = sent
      .flatMap((command) => ('update' in command ? command.updates : []))
      .filter(({ upsert }) => upsert);
    // An upsert by `_id` alone is not atomic on every server with the MongoDB protocol.
    expect(upserts.map(({ q }) => Object.entries(q).slice(1))).toEqual([
      [['position', { $exists: false }]],
      [['beat', { $exists: false }]],
    ]);
  });

  it('reads with read concern majority, and writes with write concern majority and journal', async () => {
    for (const { run } of USES) await run(store.events, queued);
    await store.events.leases.read('events');
    await store.events.leases.write('events', { holder: 'one', beat: 1 });
    expect(all.length).toBeGreaterThan(USES.length);
    const reads = all.filter((command) => 'find' in command);
    const writes = all.filter((command) => !('find' in command));
    expect(reads.map((command) => command['readConcern'] as object)).toEqual(
      reads.map(() => ({ level: 'majority' })),
    );
    expect(writes.map((command) => command['writeConcern'] as object)).toEqual(
      writes.map(() => ({ w: 'majority', j: true })),
    );
  });
});
