import { type MongoServer, startMongoServer } from './mongo-server';

export const SERVER_URI_VARIABLE = 'MONGODB_TEST_SERVER_URI';

interface Shared {
  readonly server: Promise<MongoServer>;
  users: number;
}

// Jest loads the setup and the teardown as separate modules. They share only the global object.
const holder = globalThis as typeof globalThis & { keywardSharedMongoServer?: Shared | undefined };

export async function acquireSharedMongoServer(): Promise<MongoServer> {
  const shared = (holder.keywardSharedMongoServer ??= { server: startMongoServer(), users: 0 });
  shared.users += 1;
  const server = await shared.server;
  process.env[SERVER_URI_VARIABLE] = server.uri;
  return server;
}

export async function releaseSharedMongoServer(): Promise<void> {
  const shared = holder.keywardSharedMongoServer;
  if (shared === undefined) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  holder.keywardSharedMongoServer = undefined;
  delete process.env[SERVER_URI_VARIABLE];
  await (await shared.server).stop();
}
