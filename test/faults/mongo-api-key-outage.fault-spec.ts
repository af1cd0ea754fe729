import { setTimeout as pause } from 'node:timers/promises';
import { type ConnectOptions, createConnection } from 'mongoose';
import type { ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import { StorageUnavailableError } from '../../src/problems/storage.errors';
import { aKey, changed } from '../../src/testing/contract/key-fixtures';
import { timed } from '../support/lateness';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { eventuallyIs, until } from '../support/patience';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import {
  mongoRepositoryOn,
  openMongoRepository,
  type OpenedMongoRepository,
  SERVICE_CONNECTION,
} from '../contract/opened-repository';

/** The time limit that design.md promises to callers while the store is unreachable. */
const REFUSED_WITHIN_MS = 2000;

/** Mongoose's own defaults, with which a host application may connect. */
const HOST_CONNECTION: ConnectOptions = {};

let server: MongoServer;
let proxy: TcpProxy;
let databases = 0;
const stores: OpenedMongoRepository[] = [];

beforeAll(async () => {
  server = await startMongoServer({ own: true });
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  const { hostname, port } = new URL(server.uri);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
});

afterEach(async () => {
  server.resume();
  await proxy.restore();
  await Promise.all(stores.splice(0).map((store) => store.connection.close()));
  await proxy.close();
});

interface Outage {
  readonly outage: string;
  readonly begin: () => void | Promise<void>;
  readonly end: () => void | Promise<void>;
}

const OUTAGES: readonly Outage[] = [
  { outage: 'its process is suspended', begin: () => server.suspend(), end: () => server.resume() },
  { outage: 'the network delivers nothing', begin: () => proxy.hang(), end: () => proxy.restore() },
  { outage: 'the connections are cut', begin: () => proxy.cut(), end: () => proxy.restore() },
];

describe.each(OUTAGES)('the store while MongoDB is unreachable because $outage', ({ begin, end }) => {
  it.each([
    ['the service', SERVICE_CONNECTION],
    ['a host with Mongoose’s defaults', HOST_CONNECTION],
  ])('rejects every operation of %s in time, and recovers when MongoDB is back', async (_whom, options) => {
    const store = await openThroughProxy(options);
    const { repository } = store;
    const key = aKey({ orgId: 'acme' });
    await repository.insert(key);
    await warmUp(repository, key.id);

    await begin();
    // First with the open connections, then again after these are lost.
    for (let round = 0; round < 2; round += 1) {
      expectRefused(await Promise.all(everyOperation(repository, key).map(refusalOf)));
    }
    await end();

    await recovered(() => repository.find(key.id));
    // A rejected write may still be applied when the server continues, and arrive in between.
    let isReplaced = false;
    for (let tries = 0; tries < 5 && !isReplaced; tries += 1) {
      const latest = (await repository.findWithHistory(key.id)) ?? aKey();
      expect(latest).toMatchObject({ id: key.id, orgId: 'acme' });
      isReplaced = await repository.replace(changed(latest, { name: 'back' }));
    }
    expect(isReplaced).toBe(true);
    const later = aKey();
    await repository.insert(later);
    await expect(repository.findWithHistory(later.id)).resolves.toEqual(later);
  });

  it('rejects 250 concurrent reads in time, although the pool has fewer connections', async () => {
    const store = await openThroughProxy();
    const key = aKey();
    await store.repository.insert(key);
    await begin();
    const crowd = Array.from({ length: 250 }, () => refusalOf(() => store.repository.find(key.id)));
    expectRefused(await Promise.all(crowd));
    await end();
    await recovered(() => store.repository.find(key.id));
  });

  it('applies a write once if it is repeated after its answer was lost', async () => {
    const store = await openThroughProxy();
    const { repository } = store;
    const key = aKey();
    await repository.insert(key);
    await warmUp(repository, key.id);
    const change = changed(key, { name: 'renamed' });
    const fresh = aKey();

    await begin();
    const writes = [async () => repository.replace(change), async () => repository.insert(fresh)];
    expectRefused(await Promise.all(writes.map(refusalOf)));
    await end();

    await recovered(() => repository.find(key.id));
    await expect(repository.replace(change)).resolves.toBe(true);
    await repository.insert(fresh);
    await expect(repository.findWithHistory(key.id)).resolves.toEqual(change);
    await expect(repository.findWithHistory(fresh.id)).resolves.toEqual(fresh);
  });
});

describe('the store while MongoDB goes away and comes back repeatedly', () => {
  it('loses no acknowledged change and applies none twice', async () => {
    const store = await openThroughProxy();
    const { repository } = store;
    const keys = Array.from({ length: 4 }, () => aKey());
    for (const key of keys) await repository.insert(key);

    const results = keys.map((key) => ({ key, acknowledged: [] as string[], refused: [] as unknown[] }));
    const outages = { over: false };
    const writing = results.map(async ({ key, acknowledged, refused }) => {
      for (let n = 0; !outages.over && acknowledged.length < 90; n += 1) {
        try {
          const before = await repository.findWithHistory(key.id);
          const change = changed(before ?? key, { name: `name ${n}` });
          if (await repository.replace(change)) acknowledged.push(change.history.at(-1)?.changeId ?? '');
          const fresh = aKey({ ownerId: key.id });
          await repository.insert(fresh);
          acknowledged.push(fresh.id);
        } catch (error) {
          refused.push(error);
        }
        await pause(10);
      }
    });
    const oneMore = async (outcome: 'acknowledged' | 'refused'): Promise<void> => {
      const count = (): number => results.reduce((sum, result) => sum + result[outcome].length, 0);
      const before = count();
      await until(`one more write is ${outcome}`, () => count() > before);
    };
    for (const { begin, end } of OUTAGES) {
      await oneMore('acknowledged');
      await begin();
      await oneMore('refused');
      await end();
    }
    // These end before an operation times out.
    for (const { begin, end } of OUTAGES) {
      await oneMore('acknowledged');
      await begin();
      await pause(400);
      await end();
    }
    await until('each writer is heard again', () =>
      results.every(({ acknowledged }) => acknowledged.length > 10),
    );
    outages.over = true;
    await Promise.all(writing);
    await recovered(() => repository.list({ limit: 1 }));

    for (const { key, acknowledged, refused } of results) {
      const found = await repository.findWithHistory(key.id);
      const made = await repository.list({ ownerId: key.id, limit: 1000 });
      const kept = [...made.map(({ id }) => id), ...(found?.history.map(({ changeId }) => changeId) ?? [])];
      expect(kept).toEqual(expect.arrayContaining(acknowledged));
      expect(new Set(kept).size).toBe(kept.length);
      expect(found?.history.map(({ version }) => version)).toEqual(
        Array.from({ length: found?.version ?? 0 }, (_, index) => index + 1),
      );
      expect(refused.filter((error) => !(error instanceof StorageUnavailableError))).toEqual([]);
    }
    expect(results.flatMap(({ refused }) => refused)).not.toEqual([]);
  });
});

describe('the store without a connection to MongoDB', () => {
  it('rejects requests in time on a connection that was never opened', async () => {
    const repository = mongoRepositoryOn(createConnection());
    expectRefused(await Promise.all(everyOperation(repository, aKey()).map(refusalOf)));
  });

  it('rejects requests in time on a connection that was closed', async () => {
    const { connection, repository } = await openThroughProxy();
    await connection.close();
    expectRefused(await Promise.all(everyOperation(repository, aKey()).map(refusalOf)));
  });
});

async function openThroughProxy(
  options: ConnectOptions = SERVICE_CONNECTION,
): Promise<OpenedMongoRepository> {
  databases += 1;
  const uri = new URL(withDatabase(server.uri, `outage_${databases}`));
  uri.port = String(proxy.port);
  const store = await openMongoRepository(uri.href, options);
  stores.push(store);
  return store;
}

function everyOperation(repository: ApiKeyRepository, key: ApiKeyWithHistory): (() => Promise<unknown>)[] {
  return [
    async () => repository.find(key.id),
    async () => repository.findWithHistory(key.id),
    async () => repository.list({ orgId: 'acme', limit: 10 }),
    async () => repository.insert(aKey()),
    async () => repository.replace(changed(key, { name: 'renamed' })),
  ];
}

/** Opens as many connections in advance as the test needs. */
async function warmUp(repository: ApiKeyRepository, id: string): Promise<void> {
  await Promise.all(Array.from({ length: 20 }, () => repository.find(id)));
}

interface Refusal {
  readonly error: unknown;
  readonly ms: number;
}

async function refusalOf(operation: () => Promise<unknown>): Promise<Refusal> {
  const { result: error, ms } = await timed(async () => errorOf(operation));
  return { error, ms };
}

async function errorOf(operation: () => Promise<unknown>): Promise<unknown> {
  try {
    await operation();
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectRefused(refusals: readonly Refusal[]): void {
  const errors = new Set(refusals.map(({ error }) => (error instanceof Error ? error.name : error)));
  expect([...errors]).toEqual([StorageUnavailableError.name]);
  expect(Math.max(...refusals.map(({ ms }) => ms))).toBeLessThan(REFUSED_WITHIN_MS);
}

async function recovered(operation: () => Promise<unknown>): Promise<void> {
  await eventuallyIs(async () => errorOf(operation), undefined);
}
