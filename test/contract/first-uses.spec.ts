import type { Connection } from 'mongoose';
import { Logger } from '@nestjs/common';
import { StorageConfig } from '../../src/config/storage.config';
import { openStore } from '../../src/mongo/open-store';
import { systemClock } from '../../src/api-keys/ports/clock';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import { LocalRateLimiter } from '../../src/api-keys/limits/local-rate-limiter';
import { apiKeyStores } from '../../src/api-keys/storage/api-key-storage';
import { isHeartbeatId } from '../../src/change-feed/mongo-heartbeat';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import { StorageUnavailableError } from '../../src/problems/storage.errors';
import { UsageRecorder } from '../../src/api-keys/usage/usage-recorder';
import { FreshKeys } from '../../src/api-keys/verification/fresh-keys';
import { KeyVerifier } from '../../src/api-keys/verification/key-verifier';
import type { Verification } from '../../src/api-keys/verification/verification';
import { ReuseRecorder } from '../../src/api-keys/verification/reuse-recorder';
import { UserStatusOfOwners } from '../../src/users/owners/owner-status.service';
import { userStores } from '../../src/users/storage/user-storage';
import type { UserRepository } from '../../src/users/storage/user.repository';
import { connected } from '../support/connected';
import { aKey } from '../../src/testing/contract/key-fixtures';
import { eventually } from '../support/patience';
import { testDatabaseUri } from '../support/test-database';
import { aUser } from '../support/user-fixtures';
import { provenPast } from './change-feed.contract';
import { MONGO_FEEDS } from './opened-feed';
import { SERVICE_CONNECTION } from './opened-repository';
import { type SentCommand, SentCommands } from './sent-commands';

const ANYTHING = { scopes: { allOf: [], anyOf: [] }, tenant: undefined, clientAddress: undefined };

let connection: Connection;
let keys: ApiKeyRepository;
let users: UserRepository;
let fresh: FreshKeys;
let verifier: KeyVerifier;
let sent: readonly SentCommands[];

async function activeOwner(): Promise<string> {
  const owner = aUser();
  await users.insert(owner);
  return owner.id;
}

async function tokenOfAKey(ownerId?: string): Promise<string> {
  const { keyId: id, hash, token } = issueToken('kw', newKeyId(new Date()));
  await keys.insert(aKey({ id, secrets: [{ hash, createdAt: new Date() }], ...(ownerId && { ownerId }) }));
  return token;
}

/** The reads of records that the driver sent, without those of the feed: its polls and its own heartbeat. */
function reads(): readonly number[] {
  return sent.map((each) => each.take().filter(isOfARecord).length);
}

function isOfARecord(command: SentCommand): boolean {
  if (!('find' in command)) return false;
  const { _id: id } = command.filter;
  return typeof id === 'string' && !isHeartbeatId(id);
}

describe.each(MONGO_FEEDS)('a thousand concurrent first uses, with a change feed by %s,', (changeFeed) => {
  beforeAll(async () => {
    Logger.overrideLogger(false);
    connection = await connected(testDatabaseUri('first uses'), {
      ...SERVICE_CONNECTION,
      monitorCommands: true,
    });
    keys = await openStore('mongo', apiKeyStores({ changeFeed }), new StorageConfig(), connection);
    users = await openStore('mongo', userStores({ changeFeed }), new StorageConfig(), connection);
    // However slow the machine is: a late read is repeated.
    const options = { storage: keys, freshness: { revocationBoundMs: 60_000 } };
    fresh = new FreshKeys(keys, options, new UserStatusOfOwners(users));
    verifier = new KeyVerifier(
      fresh,
      options,
      systemClock,
      new LocalRateLimiter(),
      new ReuseRecorder(keys, systemClock),
      new UsageRecorder(null, options),
    );
    await verifier.verify(await tokenOfAKey(), ANYTHING);
    await verifier.verify(await tokenOfAKey(await activeOwner()), ANYTHING);
    for (const feed of Object.values(fresh.feeds)) if (feed !== undefined) await provenPast(feed);
    sent = ['api_keys', 'users'].map((collection) => new SentCommands(connection, collection));
  });

  afterAll(async () => {
    await fresh.beforeApplicationShutdown();
    await connection.dropDatabase();
    await connection.close();
  });

  it.each<[string, () => Promise<string | undefined>, readonly number[]]>([
    ['a key', async () => undefined, [1, 0]],
    ['a key with an owner', activeOwner, [1, 1]],
  ])('of %s read each record once', async (_what, owner, expected) => {
    const use = async (): Promise<readonly Verification[] | undefined> => {
      const token = await tokenOfAKey(await owner());
      reads();
      return Promise.all(Array.from({ length: 1000 }, async () => verifier.verify(token, ANYTHING))).catch(
        (error: unknown) => {
          if (error instanceof StorageUnavailableError) return undefined;
          throw error;
        },
      );
    };
    // On a busy machine, the store may not answer in time.
    const answers = await eventually(use, (each) => each !== undefined);
    expect(new Set(answers?.map(({ code }) => code))).toEqual(new Set(['VALID']));
    expect(reads()).toEqual(expected);
  });
});
