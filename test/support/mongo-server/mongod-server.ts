import { MongoMemoryReplSet } from 'mongodb-memory-server-core';
import { childServer } from './child-server';
import { databaseDir, keepPort, portOf } from './data-dir';
import type { MongoServer, MongoServerOptions } from './mongo-server';
import { findMongod } from './mongod-binary';
import { messageOf, MongoServerUnavailable } from './unavailable';

export async function startMongod({ dataDir }: MongoServerOptions): Promise<MongoServer> {
  try {
    return await start(await findMongod(), dataDir);
  } catch (error) {
    if (error instanceof MongoServerUnavailable) throw error;
    throw new MongoServerUnavailable(`mongod does not start: ${messageOf(error)}`, { cause: error });
  }
}

async function start(systemBinary: string, dataDir: string | undefined): Promise<MongoServer> {
  const set = await MongoMemoryReplSet.create({
    binary: { systemBinary },
    replSet: { count: 1, storageEngine: 'wiredTiger' },
    ...(dataDir !== undefined && { instanceOpts: [await kept(dataDir)] }),
  });
  const info = set.servers[0]?.instanceInfo;
  const pid = info?.instance.mongodProcess?.pid;
  if (info === undefined || pid === undefined) {
    await set.stop();
    throw new Error('the process ended immediately');
  }
  if (dataDir !== undefined) await keepPort(dataDir, info.port);
  return childServer({
    // A direct connection, so that a client uses only the given address, even that of a proxy.
    uri: `mongodb://127.0.0.1:${info.port}/?directConnection=true`,
    kind: 'mongod',
    pid,
    end: async () => {
      await set.stop();
    },
  });
}

async function kept(dataDir: string): Promise<{ dbPath: string; port?: number }> {
  const dbPath = await databaseDir(dataDir, 'mongod');
  const port = await portOf(dataDir);
  return port === undefined ? { dbPath } : { dbPath, port };
}
