import { createConnection, type mongo } from 'mongoose';
import { UsageRecorder } from '../../src/api-keys/usage/usage-recorder';
import type { JsonObject } from '../support/http-client';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { runBuiltService } from '../support/node-process';
import { startService } from '../support/service';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { testDatabaseUri } from '../support/test-database';
import { droppedUses, startUsageHost, type UsageHost } from '../support/usage-host';
import { until } from '../support/patience';

const SELF = '/v1/api-keys/self';
const FLUSH_MS = 200;
const NEVER = 3_600_000;

/** Returns the stored counts by key, read directly from the database. */
async function countsIn(uri: string): Promise<Readonly<Record<string, number>>> {
  const connection = await createConnection(uri).asPromise();
  const documents = await connection.collection('api_key_usage').find().toArray();
  await connection.close();
  const counts: Record<string, number> = {};
  for (const { _id, hours = {} } of documents) {
    if (String(_id).includes('/')) continue;
    const [keyId = ''] = String(_id).split(':');
    const sum = Object.values(hours as Record<string, number>).reduce((total, count) => total + count, 0);
    if (sum > 0) counts[keyId] = (counts[keyId] ?? 0) + sum;
  }
  return counts;
}

describe('a host with usage in MongoDB', () => {
  let uri: string;
  let host: UsageHost;
  const commands: mongo.CommandStartedEvent[] = [];

  beforeAll(async () => {
    uri = testDatabaseUri('usage host');
    host = await startUsageHost(uri, { flushMs: NEVER });
    host.connection.getClient().on('commandStarted', (event) => {
      if (Reflect.get(event.command, event.commandName) === 'api_key_usage') commands.push(event);
    });
  });
  beforeEach(() => {
    commands.length = 0;
  });
  afterAll(async () => host.close());

  it('sends one bulk write per flush for any number of requests and keys, and no reads', async () => {
    const holders = await Promise.all(['acme', 'globex', 'acme'].map(async (orgId) => host.issue(orgId)));
    for (let round = 0; round < 40; round += 1) {
      await Promise.all(holders.map(async ({ pass }) => pass()));
    }
    expect(commands).toHaveLength(0);
    await host.app.get(UsageRecorder).flush();
    await host.app.get(UsageRecorder).flush();
    expect(commands).toHaveLength(1);
    // One document for the last use of each key, and one for its day. For two organisations, six sums: one of each
    // organisation, one of each organisation without owner, one of all keys, and one of all keys without owner.
    const updates = commands.map(({ command }) => Reflect.get(command, 'updates') as readonly unknown[]);
    expect(updates.map((each) => each.length)).toEqual([2 * holders.length + 6]);
    expect(await countsIn(uri)).toMatchObject(Object.fromEntries(holders.map(({ id }) => [id, 40])));
  });

  it('reads the last uses of all keys of a page in one query', async () => {
    const reader = await host.issue('acme', ['api-keys:read']);
    const others = await Promise.all(['acme', 'globex', 'acme'].map(async (orgId) => host.issue(orgId)));
    for (const { client } of others) await client.get(SELF);
    await host.app.get(UsageRecorder).flush();
    commands.length = 0;
    const { body } = await reader.client.get('/v1/api-keys?limit=100');
    const used = (body['data'] as JsonObject[]).filter(({ lastUsedAt }) => lastUsedAt !== null);
    expect(used.map(({ id }) => id)).toEqual(expect.arrayContaining([others[0]?.id, others[2]?.id]));
    expect(used.map(({ id }) => id)).not.toContain(others[1]?.id);
    expect(commands.map(({ commandName }) => commandName)).toEqual(['find']);
  });
});

describe('a host whose usage store is unreachable while its keys are reachable', () => {
  let server: MongoServer;
  let proxy: TcpProxy;
  let host: UsageHost;
  let directUri: string;

  beforeAll(async () => {
    server = await startMongoServer({ own: true });
    directUri = withDatabase(server.uri, 'usage_outage');
    const { hostname, port } = new URL(server.uri);
    proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    const uri = new URL(directUri);
    uri.port = String(proxy.port);
    host = await startUsageHost(uri.href, { flushMs: FLUSH_MS });
  });
  afterAll(async () => {
    await proxy.restore();
    await host.close();
    await proxy.close();
    await server.stop();
  });

  it.each([
    ['is cut off', () => proxy.cut()],
    ['does not answer', () => proxy.hang()],
  ] as const)(
    'accepts keys, counts no use twice and reports lost uses in the metric if the store %s',
    async (_how, leave) => {
      const [acme, globex] = [await host.issue('acme'), await host.issue('globex')];
      const droppedBefore = await droppedUses();
      let uses = 0;
      const useFor = async (ms: number): Promise<void> => {
        for (const end = performance.now() + ms; performance.now() < end; uses += 2) {
          const statuses = await Promise.all(
            [acme, globex].map(async ({ pass }) => pass().then(({ status }) => status)),
          );
          expect(statuses).toEqual([200, 200]);
        }
      };
      const stored = async (): Promise<number> => {
        const counts = await countsIn(directUri);
        return (counts[acme.id] ?? 0) + (counts[globex.id] ?? 0);
      };

      await useFor(500);
      leave();
      await useFor(1500);
      const during = uses;
      await proxy.restore();
      await useFor(500);
      // Each use is stored or in the metric. It can be both if the outcome of its write is unknown, but is stored once.
      await until(
        'each use is stored or dropped',
        async () => (await stored()) + (await droppedUses()) - droppedBefore >= uses,
      );
      expect(await stored()).toBeLessThanOrEqual(uses);
      // Uses that were counted after the outage was detected were kept.
      expect(await stored()).toBeGreaterThan(uses - during);
    },
    40_000,
  );
});

describe('a stopping process', () => {
  it.each(['database first', 'keys first'] as const)(
    'stores the counts of a host for each import order of the modules: %s',
    async (order) => {
      const uri = testDatabaseUri('usage host end');
      const host = await startUsageHost(uri, { flushMs: NEVER }, order);
      const { id, client } = await host.issue('acme');
      for (let n = 0; n < 5; n += 1) await client.get(SELF);
      await host.close();
      expect(await countsIn(uri)).toEqual({ [id]: 5 });
    },
  );

  it('stores every accepted request, even one that it answered while it was closing', async () => {
    const uri = testDatabaseUri('usage service end');
    const service = await startService('mongo', { MONGODB_URI: uri, USAGE_FLUSH_MS: String(NEVER) });
    const keys = await Promise.all(['acme', 'globex'].map(async (orgId) => service.issue({ orgId })));
    const answers = keys.flatMap(({ key, token }) =>
      Array.from({ length: 100 }, async () => {
        const status = await service
          .as(token)
          .get(`/v1/forward-auth?authenticated=1&org=${key.orgId}`)
          .then((answer) => answer.status)
          .catch(() => 0);
        return status === 200 ? key.id : undefined;
      }),
    );
    await Promise.race(answers);
    await service.stop();
    const passed: Record<string, number> = {};
    for (const id of await Promise.all(answers)) if (id !== undefined) passed[id] = (passed[id] ?? 0) + 1;
    expect(Object.values(passed).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    expect(await countsIn(uri)).toEqual(passed);
  });

  it('stores its counts after SIGTERM', async () => {
    const uri = testDatabaseUri('usage sigterm');
    const keeper = await startService('mongo', { MONGODB_URI: uri, USAGE_FLUSH_MS: String(NEVER) });
    const { key, token } = await keeper.issue({ orgId: 'acme' });
    const running = await runBuiltService({
      NODE_ENV: 'production',
      MONGODB_URI: uri,
      USAGE_FLUSH_MS: String(NEVER),
    });
    for (let n = 0; n < 5; n += 1) {
      const answer = await fetch(`${running.url}${SELF}`, { headers: { 'X-API-Key': token } });
      expect(answer.status).toBe(200);
    }
    expect(await countsIn(uri)).toEqual({});
    await running.stop();
    expect(await countsIn(uri)).toEqual({ [key.id]: 5 });
    await keeper.stop();
  });
});
