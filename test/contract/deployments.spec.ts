import { Logger } from '@nestjs/common';
import { type Connection, createConnection, type mongo } from 'mongoose';
import { apiKeyStores } from '../../src/api-keys/storage/api-key-storage';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import type { ChangeFeedMode } from '../../src/change-feed/change-feed';
import { MongoDeployment } from '../../src/change-feed/mongo-deployment';
import { ConfigurationError } from '../../src/problems/configuration.error';
import { StorageConfig } from '../../src/config/storage.config';
import { openStore } from '../../src/mongo/open-store';
import { userStores } from '../../src/users/storage/user-storage';
import type { UserRepository } from '../../src/users/storage/user.repository';
import { startWriteGate, type WriteGate } from '../support/drills/write-gate';
import { runNode } from '../support/node-process';
import { testDatabaseUri } from '../support/test-database';
import { SERVICE_CONNECTION } from './opened-repository';

const MONGOS = { msg: 'isdbgrid', maxWireVersion: 21 };
const MEMBER = { setName: 'rs0', isWritablePrimary: true };

let gate: WriteGate;
let uri: string;
let connection: Connection;
let readConcerns: (string | undefined)[];

beforeAll(() => Logger.overrideLogger(false));

beforeEach(async () => {
  const target = new URL(testDatabaseUri('deployments'));
  gate = await startWriteGate({ host: target.hostname, port: Number(target.port) });
  target.port = String(gate.port);
  uri = target.href;
  connection = createConnection();
  await connection.openUri(uri, { ...SERVICE_CONNECTION, monitorCommands: true });
  readConcerns = [];
  connection.getClient().on('commandStarted', ({ command }: mongo.CommandStartedEvent) => {
    if ('find' in command) readConcerns.push(command['readConcern']?.level);
  });
});

afterEach(async () => {
  await connection.dropDatabase();
  await connection.close();
  await gate.close();
});

const openKeys = async (changeFeed: ChangeFeedMode): Promise<ApiKeyRepository> =>
  openStore('mongo', apiKeyStores({ changeFeed }), new StorageConfig(), connection);
const openUsers = async (changeFeed: ChangeFeedMode): Promise<UserRepository> =>
  openStore('mongo', userStores({ changeFeed }), new StorageConfig(), connection);

describe('the MongoDB server of the tests', () => {
  it('is detected as a standalone server or a replica set, as the driver reports it', async () => {
    const types: string[] = [];
    const client = connection.getClient();
    const watching = createConnection();
    watching.on('error', () => undefined);
    const other = watching.openUri(uri, SERVICE_CONNECTION);
    watching
      .getClient()
      .on('serverDescriptionChanged', ({ newDescription }: mongo.ServerDescriptionChangedEvent) =>
        types.push(newDescription.type),
      );
    await other;
    const expected = types.at(-1) === 'Standalone' ? 'standalone' : 'replica set';
    await expect(new MongoDeployment(client, connection.name).kind()).resolves.toBe(expected);
    await watching.close();
  });
});

describe('a mongos', () => {
  beforeEach(() => gate.pose(MONGOS));

  it.each([
    ['keys', openKeys],
    ['users', openUsers],
  ])('is rejected at start if %s use polling, before any collection is created', async (_what, open) => {
    const refusal: unknown = await open('polling').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect((refusal as Error).message).toMatch(
      /^polling \(CHANGE_FEED=polling, .* choose "auto" or "streams"\.$/,
    );
    await expect(connection.db?.listCollections().toArray()).resolves.toEqual([]);
  });

  it('makes a service with CHANGE_FEED=polling exit with a one-line error [T36]', async () => {
    const running = runNode(['dist/main.js'], { MONGODB_URI: uri, PORT: '0', CHANGE_FEED: 'polling' });
    expect(await running.exited()).toBeGreaterThan(0);
    expect(running.stderr()).toMatch(
      /^keyward: polling \(CHANGE_FEED=polling, [^\n]*sharded cluster[^\n]*\.\n$/,
    );
  });

  it('is accepted with CHANGE_FEED=auto, and every read for a decision is linearizable', async () => {
    const [keys, users] = [await openKeys('auto'), await openUsers('auto')];
    for (const linearizable of [true, false]) {
      await keys.find('of acme', { linearizable });
      await users.find('ada', { linearizable });
      await users.findBySubject('https://id.acme.example', 'ada', { linearizable });
    }
    expect(readConcerns).toEqual(Array.from({ length: 6 }, () => 'linearizable'));
  });
});

describe('a replica set with polling', () => {
  it('gets linearizable reads of keys and users when requested, and majority reads otherwise [T37]', async () => {
    gate.pose(MEMBER);
    const [keys, users] = [await openKeys('polling'), await openUsers('polling')];
    for (const linearizable of [true, false]) {
      await keys.find('of acme', { linearizable });
      await users.find('ada', { linearizable });
      await users.findBySubject('https://id.acme.example', 'ada', { linearizable });
    }
    const majority = Array.from({ length: 3 }, () => 'majority');
    expect(readConcerns).toEqual([...Array.from({ length: 3 }, () => 'linearizable'), ...majority]);
  });
});
