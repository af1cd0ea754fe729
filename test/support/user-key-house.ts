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
import { KeyCeilings } from '../../src/api-keys/management/key-ceilings.service';
import { apiKeyStores } from '../../src/api-keys/storage/api-key-storage';
import type { KeySlots } from '../../src/api-keys/storage/key-slots';
import { StorageConfig } from '../../src/config/storage.config';
import { openStore } from '../../src/mongo/open-store';
import type { User } from '../../src/users/domain/user';
import { KeyLimitOfUsers } from '../../src/users/owners/key-limit.service';
import { userStores } from '../../src/users/storage/user-storage';
import type { UserRepository } from '../../src/users/storage/user.repository';
import { testDatabaseUri } from './test-database';
import { TestPolicies } from './test-policies';
import { aUser } from './user-fixtures';

/** The services of one instance. */
export interface KeyInstance {
  readonly keys: ApiKeyRepository;
  readonly slots: KeySlots;
  readonly apiKeys: ApiKeysService;
  readonly importer: KeyImportService;
}

/** The services and stores of users and keys without HTTP, with a clock that a test can move. */
export interface KeyHouse extends KeyInstance {
  readonly clock: TestClock;
  readonly users: UserRepository;
  readonly policies: TestPolicies;
  /** A second instance over the same database. */
  readonly second: KeyInstance;
  /** Creates a user who can own keys. */
  anOwner(fields?: Partial<User>): Promise<User>;
  /** Creates a key for an owner. */
  make(ownerId: string, request?: Partial<CreateApiKey>): Promise<ApiKey>;
  /** Returns the ids of the keys in an owner's slots. */
  placesOf(ownerId: string): Promise<readonly string[]>;
  /** Returns the keys of an owner or organisation that are not revoked. */
  liveOf(query: { readonly ownerId?: string; readonly orgId?: string }): Promise<readonly ApiKey[]>;
  close(): Promise<void>;
}

export const ROOT = rootCaller('system');

/** Sets up the services over empty stores. `maxKeys` is the maximum number of live keys of an owner. */
export async function openKeyHouse(
  storage: 'memory' | 'mongo',
  maxKeys: number | undefined,
): Promise<KeyHouse> {
  const uri = testDatabaseUri('key slots');
  const connections = storage === 'mongo' ? [createConnection(), createConnection()] : [];
  await Promise.all(connections.map(async (each) => each.openUri(uri, { bufferCommands: false })));
  const [connection = null, other = null] = connections;
  const users = await openStore(storage, userStores(), new StorageConfig(), connection);
  const clock = new TestClock();
  clock.set(new Date('2030-01-01T00:00:00Z'));
  const policies = new TestPolicies();
  const owners = maxKeys === undefined ? undefined : new KeyLimitOfUsers(users, { storage, maxKeys });
  const instanceOver = (keys: ApiKeyRepository): KeyInstance => {
    if (keys.slots === undefined) throw new Error('the store has no slots');
    const ceilings = new KeyCeilings(keys, clock, policies, owners);
    const apiKeys = new ApiKeysService(keys, { storage }, clock, ceilings);
    const importer = new KeyImportService(keys, { storage }, clock, apiKeys, undefined, ceilings);
    return { keys, slots: keys.slots, apiKeys, importer };
  };
  const keys = await openStore(storage, apiKeyStores(), new StorageConfig(), connection);
  const shared = other === null ? keys : await openStore(storage, apiKeyStores(), new StorageConfig(), other);
  const first = instanceOver(keys);
  const { slots, apiKeys } = first;
  return {
    ...first,
    clock,
    users,
    policies,
    second: instanceOver(shared),
    anOwner: async (fields) => {
      const owner = aUser(fields);
      await users.insert(owner);
      return owner;
    },
    make: async (ownerId, request = {}) =>
      (await apiKeys.create(ROOT, { name: 'made', scopes: [], ownerId, ...request })).key,
    placesOf: async (ownerId) => (await slots.open(`owner:${ownerId}`)).slots.map(({ keyId }) => keyId),
    liveOf: async (query) => {
      const found = await keys.list({ ...query, limit: 1000 });
      return found.filter(({ revokedAt }) => revokedAt === undefined);
    },
    close: async () => {
      await connection?.dropDatabase();
      await Promise.all(connections.map(async (each) => each.close()));
    },
  };
}
