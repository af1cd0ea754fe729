import type { ApiKey, ApiKeyRepository, ApiKeyWithHistory } from 'keyward';
import { apiKeyRepositoryContract } from 'keyward/testing';
import { memoryRepository } from './opened-repository';

/** Returns the titles of the cases that a repository fails. */
async function failuresOf(open: () => ApiKeyRepository): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const { title, run } of apiKeyRepositoryContract(async () => open())) {
    await run().catch((error: Error) => {
      failures.push(error.name === 'AssertionError' ? title : `${title}: ${error.name}`);
    });
  }
  return failures;
}

/** Returns a memory repository with some methods replaced. */
function broken(replaced: (sound: ApiKeyRepository) => Partial<ApiKeyRepository>): ApiKeyRepository {
  const sound = memoryRepository();
  return new Proxy<ApiKeyRepository>(sound, {
    get: (target, name) => {
      const value: unknown = Reflect.get(replaced(sound), name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Each breaks one guarantee. */
const BROKEN: readonly (readonly [string, () => ApiKeyRepository, readonly string[]])[] = [
  [
    'lists the keys of every tenant',
    () => broken((sound) => ({ list: async (query) => sound.list({ ...query, orgId: undefined }) })),
    [
      'a list of keys never contains a key of another tenant than acme',
      'a list of keys never contains a key of another tenant than globex',
    ],
  ],
  [
    'overwrites an earlier change',
    () =>
      broken((sound) => ({
        replace: async (key) => {
          const stored = await sound.findWithHistory(key.id);
          return stored !== null && sound.replace({ ...key, version: stored.version + 1 });
        },
      })),
    [
      'a change of a key is rejected when the key has changed since it was read',
      'a change of a key can be sent again after other changes, and undoes none of them',
    ],
  ],
  [
    'checks the version and then writes, but not atomically',
    () =>
      broken((sound) => ({
        replace: async (key) => {
          const checked = await sound.findWithHistory(key.id);
          if (checked?.version !== key.version - 1) return sound.replace(key);
          await new Promise(setImmediate);
          const stored = await sound.findWithHistory(key.id);
          return sound.replace({ ...key, version: (stored?.version ?? 0) + 1 });
        },
      })),
    [
      'of several changes at the same time, one of 50 from the same version is applied, and the history names its actor',
      'either a revocation or a change from the same version is applied, never parts of both',
    ],
  ],
  [
    'stores dates as text',
    () =>
      broken((sound) => ({
        find: async (id) => JSON.parse(JSON.stringify(await sound.find(id))) as ApiKey | null,
        findWithHistory: async (id) =>
          JSON.parse(JSON.stringify(await sound.findWithHistory(id))) as ApiKeyWithHistory | null,
      })),
    ['a stored key has every date as a Date'],
  ],
  [
    'inserts a second key with the same id',
    () => broken((sound) => ({ insert: async (key) => sound.insert(key).catch(() => {}) })),
    [
      'a stored key is kept when another key is inserted with its id',
      'of several inserts at the same time, one of 20 with the same id is applied, and the others are rejected',
    ],
  ],
  [
    'does not remove an expiry',
    () =>
      broken((sound) => ({
        replace: async (key) => {
          const stored = await sound.findWithHistory(key.id);
          return sound.replace({ ...key, expiresAt: key.expiresAt ?? stored?.expiresAt });
        },
      })),
    ['a change of a key removes expiresAt, whether it is undefined or missing'],
  ],
];

describe('the contract of repositories', () => {
  it('has more than 50 cases with unique titles, and a correct repository passes all of them', async () => {
    const titles = apiKeyRepositoryContract(async () => memoryRepository()).map(({ title }) => title);
    expect(titles.length).toBeGreaterThan(50);
    expect(new Set(titles).size).toBe(titles.length);
    await expect(failuresOf(memoryRepository)).resolves.toEqual([]);
  });

  it.each(BROKEN)('reports a repository that %s', async (_fault, open, expected) => {
    expect(await failuresOf(open)).toEqual(expect.arrayContaining([...expected]));
  });
});
