import { Logger } from '@nestjs/common';
import { type Connection, createConnection } from 'mongoose';
import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import { systemClock } from '../../src/api-keys/ports/clock';
import { rootCaller } from '../../src/api-keys/domain/caller';
import { apiKeyStores } from '../../src/api-keys/storage/api-key-storage';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import type { ChangeFeed, ChangeFeedMode } from '../../src/change-feed/change-feed';
import { StorageConfig } from '../../src/config/storage.config';
import { openStore } from '../../src/mongo/open-store';
import { userStores } from '../../src/users/storage/user-storage';
import type { UserRepository } from '../../src/users/storage/user.repository';
import { testDatabaseUri } from '../support/test-database';
import { aUser } from '../support/user-fixtures';
import { Announcements, provenPast, until } from './change-feed.contract';
import { SERVICE_CONNECTION } from './opened-repository';

interface Instance {
  readonly keys: ApiKeyRepository;
  readonly users: UserRepository;
}

const root = rootCaller('system');
let connections: Connection[];
let feeds: ChangeFeed[];

beforeAll(() => Logger.overrideLogger(false));

beforeEach(() => {
  [connections, feeds] = [[], []];
});

afterEach(async () => {
  for (const feed of feeds) await feed.stop();
  await connections[0]?.dropDatabase();
  for (const connection of connections) await connection.close();
});

async function open(
  storage: 'memory' | 'mongo',
  uri: string,
  changeFeed?: ChangeFeedMode,
): Promise<Instance> {
  const connection = createConnection();
  if (storage === 'mongo') {
    await connection.openUri(uri, SERVICE_CONNECTION);
    connections.push(connection);
  }
  const freshness = { changeFeed, revocationBoundMs: 400 };
  return {
    keys: await openStore(storage, apiKeyStores(freshness), new StorageConfig(), connection),
    users: await openStore(storage, userStores(freshness), new StorageConfig(), connection),
  };
}

async function listenTo(feed: ChangeFeed | undefined): Promise<Announcements> {
  if (feed === undefined) throw new Error('the store has no change feed');
  feeds.push(feed);
  const heard = new Announcements();
  feed.subscribe(heard);
  await provenPast(feed);
  return heard;
}

/** Waits until everything that was changed before now is announced. */
async function settledOf(feed: ChangeFeed | undefined): Promise<void> {
  if (feed !== undefined) await provenPast(feed);
}

describe.each<['memory' | 'mongo', ChangeFeedMode | undefined]>([
  ['memory', undefined],
  ['mongo', 'streams'],
  ['mongo', 'polling'],
])('every instance on a %s store (change feed: %s)', (storage, changeFeed) => {
  let first: Instance;
  let second: Instance;

  beforeEach(async () => {
    const uri = testDatabaseUri('announced again');
    first = await open(storage, uri, changeFeed);
    second = storage === 'memory' ? first : await open(storage, uri, changeFeed);
  });

  it('is notified again when a revoked key is revoked again, and the key stays unchanged [T40]', async () => {
    const service = new ApiKeysService(second.keys, { storage: second.keys }, systemClock);
    const heard = await listenTo(first.keys.changes);
    const made = [];
    for (const orgId of ['acme', 'globex']) {
      const { key } = await service.create(root, { name: 'leaked', scopes: [], orgId });
      await service.revoke(root, key.id, 'leaked');
      made.push(key.id);
    }
    const [acme = '', globex = ''] = made;
    await until('the revocations are announced', () => heard.at.has(acme) && heard.at.has(globex));
    const before = await second.keys.findWithHistory(acme);
    await settledOf(first.keys.changes);

    const since = performance.now();
    await service.revoke(root, acme, 'again');
    await until('the revocation is announced again', () => heard.covers(acme, since));
    expect(heard.at.get(globex)).toBeLessThan(since);
    await expect(second.keys.findWithHistory(acme)).resolves.toEqual(before);
  });

  it('is notified again when a removed user is removed again, and the user stays unchanged', async () => {
    const heard = await listenTo(first.users.changes);
    const user = aUser();
    await second.users.insert(user);
    await second.users.remove(user.id);
    await until('the removal is announced', () => heard.at.has(user.id));
    const before = await second.users.find(user.id);
    await settledOf(first.users.changes);

    const since = performance.now();
    await expect(second.users.remove(user.id)).resolves.toBe(true);
    await until('the removal is announced again', () => heard.covers(user.id, since));
    await expect(second.users.find(user.id)).resolves.toEqual(before);
  });
});
