import type { Connection } from 'mongoose';
import { MongoPolicyRepository } from '../../src/policies/storage/mongo-policy.repository';
import type { PolicyRepository } from '../../src/policies/storage/policy.repository';
import { POLICY_MODEL, type PolicyDocument, PolicySchema } from '../../src/policies/storage/policy.schema';
import { NO_RULES, type PolicyWithHistory } from '../../src/policies/domain/policy';
import { connected } from '../support/connected';
import { FULL_RULES, nextPolicy } from '../support/policy-fixtures';
import { testDatabaseUri } from '../support/test-database';
import { FEED_QUERIES, sentByFeed } from './feed-queries';
import { SERVICE_CONNECTION } from './opened-repository';
import {
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
  readonly sends: readonly ('find' | 'update')[];
  /** Whether the change feed must not announce it. */
  readonly quiet?: boolean;
  readonly run: (policies: PolicyRepository, stored: PolicyWithHistory) => Promise<unknown>;
}

/** Every query that the store sends, and the index that must serve it. */
const USES: readonly Use[] = [
  {
    what: 'deciding about a key',
    index: '_id_',
    sends: ['find'],
    run: async (policies, { id }) => policies.find(id),
  },
  {
    what: 'reading a policy before a change',
    index: '_id_',
    sends: ['find'],
    run: async (policies, { id }) => policies.findWithHistory(id),
  },
  {
    what: 'creating a policy',
    index: '_id_',
    sends: ['update'],
    run: async (policies) => policies.save(nextPolicy('org:globex', null, FULL_RULES)),
  },
  {
    what: 'changing a policy',
    index: '_id_',
    sends: ['update'],
    run: async (policies, stored) => policies.save(nextPolicy(stored.id, stored, NO_RULES)),
  },
  {
    what: 'changing a policy from an old version',
    index: '_id_',
    sends: ['update', 'find'],
    run: async (policies, stored) => policies.save({ ...stored, version: 9 }),
  },
  {
    what: 'finding the policies with waiting events',
    index: 'pendingAt_1',
    sends: ['find'],
    run: async (policies) => policies.outbox.pending(10),
  },
  {
    what: 'reading the age of the oldest waiting event',
    index: 'pendingAt_1',
    sends: ['find'],
    run: async (policies) => policies.outbox.oldestPending(),
  },
  {
    what: 'removing events that were passed on',
    index: '_id_',
    sends: ['update'],
    quiet: true,
    run: async (policies, { id }) => policies.outbox.settle({ keyId: id, version: 1, events: [] }),
  },
];

describe('the store of policies', () => {
  let connection: Connection;
  let policies: PolicyRepository;
  let indexes: readonly ServerIndex[];
  let sent: SentCommands;
  let stored: PolicyWithHistory;

  beforeAll(async () => {
    // The connection’s own settings are all weaker than what policies need.
    connection = await connected(testDatabaseUri('policy queries'), {
      ...SERVICE_CONNECTION,
      monitorCommands: true,
      readPreference: 'secondaryPreferred',
      readConcernLevel: 'local',
      writeConcern: { w: 1, journal: false },
    });
    policies = new MongoPolicyRepository(connection.model<PolicyDocument>(POLICY_MODEL, PolicySchema));
    await policies.prepare();
    indexes = (await connection.getClient().db().collection('policies').indexes()) as ServerIndex[];
    sent = new SentCommands(connection, 'policies');
  });

  beforeEach(async () => {
    await connection.getClient().db().collection('policies').deleteMany({});
    stored = nextPolicy('org:acme', null, FULL_RULES);
    await policies.save(stored);
    sent.take();
  });

  afterAll(async () => {
    await connection.dropDatabase();
    await connection.close();
  });

  const commandsOf = async (use: Use): Promise<readonly SentCommand[]> => {
    await use.run(policies, stored);
    return sent.take();
  };

  it.each(USES)('uses the index $index when $what, with majority and journal', async (use) => {
    const commands = await commandsOf(use);
    expect(commands.map((command) => ('find' in command ? 'find' : 'update'))).toEqual(use.sends);
    const index = indexes.find(({ name }) => name === use.index);
    for (const command of commands) {
      expect(index !== undefined && serves(index, shapeOf(command))).toBe(true);
      const { readConcern, writeConcern } = command as Partial<SentFind & SentUpdate>;
      expect([readConcern, writeConcern]).toEqual(
        'find' in command ? [{ level: 'majority' }, undefined] : [undefined, { w: 'majority', j: true }],
      );
    }
  });

  it.each(USES.filter(({ sends }) => sends.includes('update')))(
    'sets changedAt by the clock of the server when $what, unless it changes no rule',
    async (use) => {
      for (const command of await commandsOf(use)) {
        if (!('update' in command)) continue;
        const [update] = command.updates;
        expect(update?.u['$currentDate']).toEqual(use.quiet === true ? undefined : { changedAt: true });
      }
    },
  );

  it('has exactly the indexes that its queries and its change feed use', async () => {
    await expect(sentByFeed(connection, 'policies', indexes)).resolves.toEqual(FEED_QUERIES);
    const byFeed = (await sentByFeed(connection, 'policies', indexes)).map(({ index }) => index ?? 'none');
    const used = new Set(['_id_', ...byFeed, ...USES.map(({ index }) => index)]);
    expect(indexes.map(({ name }) => name).toSorted()).toEqual([...used].toSorted());
  });
});
