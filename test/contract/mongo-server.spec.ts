import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { type TcpProxy, startTcpProxy } from '../support/tcp-proxy';
import { testDatabaseUri } from '../support/test-database';
import { timed } from '../support/lateness';
import { PATIENCE_MS } from '../support/patience';

interface Doc {
  _id: string;
  version?: number;
  a?: number;
  changedAt?: Date;
}

// The driver reports its own name for an abort while it waits for a socket, and the signal’s name while it waits
// elsewhere.
const TIMED_OUT = { name: expect.stringMatching(/^(TimeoutError|MongoOperationTimeoutError)$/) };

const clients: mongo.MongoClient[] = [];

function docsAt(uri: string): mongo.Collection<Doc> {
  const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: 2_000 });
  clients.push(client);
  return client.db().collection<Doc>('docs');
}

function find(docs: mongo.Collection<Doc>, ms = PATIENCE_MS): Promise<Doc[]> {
  return docs.find({}, { signal: AbortSignal.timeout(ms) }).toArray();
}

function through(proxy: TcpProxy, uri: string): string {
  const proxied = new URL(uri);
  proxied.port = String(proxy.port);
  return proxied.href;
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

describe('the MongoDB server of the tests', () => {
  let docs: mongo.Collection<Doc>;

  beforeEach(() => {
    docs = docsAt(testDatabaseUri('mongo server'));
  });

  it('finds inserted documents', async () => {
    await docs.insertOne({ _id: 'x', a: 1 });
    await expect(docs.find().toArray()).resolves.toEqual([{ _id: 'x', a: 1 }]);
  });

  it('gives each database URI its own database', async () => {
    await docs.insertOne({ _id: 'x' });
    const others = docsAt(testDatabaseUri('mongo server'));
    await expect(others.find().toArray()).resolves.toEqual([]);
  });

  it('applies exactly one of 50 concurrent compare-and-sets', async () => {
    await docs.insertOne({ _id: 'x', version: 1 });
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, a) =>
        docs.updateOne({ _id: 'x', version: 1 }, { $set: { a }, $inc: { version: 1 } }),
      ),
    );
    expect(results.filter((result) => result.modifiedCount === 1)).toHaveLength(1);
    await expect(docs.findOne({ _id: 'x' })).resolves.toMatchObject({ version: 2 });
  });

  it('inserts once by an upsert, and rejects the next as a duplicate', async () => {
    const insertOnce = (): Promise<mongo.UpdateResult<Doc>> =>
      docs.updateOne(
        { _id: 'x', version: { $exists: false } },
        { $setOnInsert: { version: 1, a: 1 }, $currentDate: { changedAt: true } },
        { upsert: true },
      );

    await expect(insertOnce()).resolves.toMatchObject({ upsertedCount: 1, upsertedId: 'x' });
    const inserted = await docs.findOne({ _id: 'x' });
    expect(inserted).toEqual({ _id: 'x', version: 1, a: 1, changedAt: expect.any(Date) });

    await expect(insertOnce()).rejects.toMatchObject({ code: 11_000 });
    await expect(docs.findOne({ _id: 'x' })).resolves.toEqual(inserted);
  });
});

describe('a MongoDB server that a test starts', () => {
  let server: MongoServer;

  beforeAll(async () => {
    server = await startMongoServer({ own: true });
  });

  afterEach(() => {
    server.resume();
  });

  afterAll(async () => {
    await server.stop();
  });

  function freshDatabase(): string {
    return withDatabase(server.uri, `own_${randomUUID()}`);
  }

  it('does not answer while suspended, and answers again when resumed', async () => {
    const docs = docsAt(freshDatabase());
    await docs.insertOne({ _id: 'x' });

    server.suspend();
    const { ms } = await timed(async () => expect(find(docs, 500)).rejects.toMatchObject(TIMED_OUT));
    expect(ms).toBeLessThan(1_500);

    server.resume();
    await expect(find(docs)).resolves.toEqual([{ _id: 'x' }]);
  });

  it('stays suspended when it is suspended twice in a row', async () => {
    const docs = docsAt(freshDatabase());
    await docs.insertOne({ _id: 'x' });
    for (let round = 0; round < 5; round += 1) {
      server.suspend();
      server.resume();
    }
    server.suspend();
    await expect(find(docs, 300)).rejects.toMatchObject(TIMED_OUT);
    server.resume();
    await expect(find(docs)).resolves.toHaveLength(1);
  });

  it('stops while suspended, and leaves no process', async () => {
    const other = await startMongoServer({ own: true });
    other.suspend();
    await other.stop();
    await other.stop();
    expect(() => process.kill(other.pid ?? Number.NaN, 0)).toThrow('ESRCH');
  });

  it('keeps its data and its port across restarts with a data folder', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'keyward-mongo-'));
    const first = await startMongoServer({ dataDir });
    await docsAt(first.uri).insertOne({ _id: 'kept' });
    await first.stop();

    const second = await startMongoServer({ dataDir });
    expect(second.uri).toBe(first.uri);
    await expect(docsAt(second.uri).findOne()).resolves.toEqual({ _id: 'kept' });
    await second.stop();
    await rm(dataDir, { recursive: true });
  });

  describe('behind a proxy', () => {
    let proxy: TcpProxy;
    let docs: mongo.Collection<Doc>;

    beforeEach(async () => {
      const { hostname, port } = new URL(server.uri);
      proxy = await startTcpProxy({ host: hostname, port: Number(port) });
      docs = docsAt(through(proxy, freshDatabase()));
      await docs.insertOne({ _id: 'x' });
    });

    afterEach(async () => {
      await proxy.close();
    });

    it('cannot be reached while the proxy is cut', async () => {
      proxy.cut();
      // The first command may meet the reset before the driver notices. It then fails with the socket’s own error.
      await expect(find(docs)).rejects.toMatchObject({ message: expect.stringContaining('ECONN') });
      await expect(find(docs)).rejects.toMatchObject({
        message: expect.stringContaining('ECONNREFUSED'),
      });
      await proxy.restore();
      await expect(find(docs)).resolves.toHaveLength(1);
    });

    it('gives no answer while the proxy hangs', async () => {
      proxy.hang();
      await expect(find(docs, 500)).rejects.toMatchObject(TIMED_OUT);
      const newcomer = docsAt(through(proxy, server.uri));
      await expect(find(newcomer, 500)).rejects.toMatchObject(TIMED_OUT);
      await proxy.restore();
      await expect(find(docs)).resolves.toHaveLength(1);
      await expect(find(newcomer)).resolves.toBeDefined();
    });

    it('answers late through a slow proxy', async () => {
      proxy.delay(150);
      const since = Date.now();
      await expect(find(docs)).resolves.toHaveLength(1);
      expect(Date.now() - since).toBeGreaterThanOrEqual(299);
      await proxy.restore();
      const { ms } = await timed(async () => find(docs));
      expect(ms).toBeLessThan(299);
    });
  });
});

describe('a server that MONGODB_TEST_URI names', () => {
  const before = process.env['MONGODB_TEST_URI'];

  afterEach(() => {
    if (before === undefined) delete process.env['MONGODB_TEST_URI'];
    else process.env['MONGODB_TEST_URI'] = before;
  });

  it('is used as configured, and cannot be suspended', async () => {
    process.env['MONGODB_TEST_URI'] = testDatabaseUri();
    const external = await startMongoServer();
    expect(external).toMatchObject({ kind: 'external', uri: process.env['MONGODB_TEST_SERVER_URI'] });
    expect(() => external.suspend()).toThrow('MONGODB_TEST_URI');
    expect(() => external.resume()).toThrow('MONGODB_TEST_URI');
    await external.stop();
    await expect(docsAt(testDatabaseUri()).find().toArray()).resolves.toEqual([]);
  });
});
