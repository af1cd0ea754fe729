import { createConnection } from 'mongoose';
import {
  type ApiKey,
  type ApiKeyRepository,
  ApiKeysService,
  type CreateApiKey,
  KeyImportService,
  rootCaller,
} from 'keyward';
import { TestClock } from 'keyward/testing';
import { apiKeyStores } from '../../src/api-keys/storage/api-key-storage';
import { StorageConfig } from '../../src/config/storage.config';
import { openStore } from '../../src/mongo/open-store';
import type { User } from '../../src/users/domain/user';
import { KeySlots } from '../../src/users/owners/key-slots.service';
import { userStores } from '../../src/users/storage/user-storage';
import type { UserRepository } from '../../src/users/storage/user.repository';
import { testDatabaseUri } from './test-database';
import { aUser } from './user-fixtures';

/** The services and stores of users and keys without HTTP, with a clock that a test can move. */
export interface KeyHouse {
  readonly clock: TestClock;
  readonly users: UserRepository;
  readonly keys: ApiKeyRepository;
  readonly apiKeys: ApiKeysService;
  readonly importer: KeyImportService;
  /** Creates a user who can own keys. */
  anOwner(fields?: Partial<User>): Promise<User>;
  /** Creates a key for an owner. */
  make(ownerId: string, request?: Partial<CreateApiKey>): Promise<ApiKey>;
  /** Returns the ids of the keys in an owner's slots. */
  placesOf(ownerId: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export const ROOT = rootCaller('system');

/** Sets up the services over empty stores. `maxKeys` is the maximum number of live keys of an owner. */
export async function openKeyHouse(storage: 'memory' | 'mongo', maxKeys: number): Promise<KeyHouse> {
  const connection = storage === 'mongo' ? createConnection() : null;
  await connection?.openUri(testDatabaseUri('key slots'), { bufferCommands: false });
  const keys = await openStore(storage, apiKeyStores(), new StorageConfig(), connection);
  const users = await openStore(storage, userStores(), new StorageConfig(), connection);
  const clock = new TestClock();
  clock.set(new Date('2030-01-01T00:00:00Z'));
  const slots = new KeySlots(users, keys, clock, { storage, maxKeys });
  const apiKeys = new ApiKeysService(keys, { storage }, clock, slots);
  return {
    clock,
    users,
    keys,
    apiKeys,
    importer: new KeyImportService(keys, { storage }, clock, apiKeys, undefined, slots),
    anOwner: async (fields) => {
      const owner = aUser(fields);
      await users.insert(owner);
      return owner;
    },
    make: async (ownerId, request = {}) =>
      (await apiKeys.create(ROOT, { name: 'made', scopes: [], ownerId, ...request })).key,
    placesOf: async (ownerId) => ((await users.find(ownerId))?.keySlots ?? []).map(({ keyId }) => keyId),
    close: async () => {
      await connection?.dropDatabase();
      await connection?.close();
    },
  };
}
