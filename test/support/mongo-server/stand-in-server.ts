import { join } from 'node:path';
import { childServer } from './child-server';
import { databaseDir, keepPort, portOf } from './data-dir';
import type { MongoServer, MongoServerOptions } from './mongo-server';
import { standInJars } from './stand-in-build';
import { StandInProcess } from './stand-in-process';
import { messageOf, MongoServerUnavailable } from './unavailable';

export async function startStandIn({ dataDir }: MongoServerOptions): Promise<MongoServer> {
  const jars = await standInJars();
  try {
    return await start(jars, dataDir);
  } catch (error) {
    throw new MongoServerUnavailable(`it does not start: ${messageOf(error)}`, { cause: error });
  }
}

async function start(jars: string, dataDir: string | undefined): Promise<MongoServer> {
  const process = new StandInProcess(jars, dataDir === undefined ? ['0'] : await kept(dataDir));
  const { pid, port } = await process.started();
  if (dataDir !== undefined) await keepPort(dataDir, port);
  return childServer({
    uri: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    kind: 'stand-in',
    pid,
    end: () => process.end(),
  });
}

async function kept(dataDir: string): Promise<string[]> {
  const file = join(await databaseDir(dataDir, 'stand-in'), 'data');
  return [String((await portOf(dataDir)) ?? 0), file];
}
