import { register } from 'prom-client';
import { aKey, ALICE, BOB } from '../../testing/contract/key-fixtures';
import { HeldReads } from '../../../test/support/held-reads';
import { ScriptedFeed } from '../../../test/support/scripted-feed';
import type { ApiKey } from '../domain/api-key';
import type { StoredState } from '../domain/decision';
import { type PreparedKey, prepareKey } from '../domain/prepared-key';
import type { ApiKeysOptions } from '../options/api-keys.options';
import type { ApiKeyRepository } from '../storage/api-key.repository';
import { FreshKeys } from './fresh-keys';
import type { OwnerStatus } from '../ports/owner-status';
import type { ProvenReading } from './proven-reads';

let time: number;
let stored: HeldReads<ApiKey>;
let keyChanges: ScriptedFeed;
let ownerChanges: ScriptedFeed;
let repository: ApiKeyRepository;
let owners: OwnerStatus;
let made: FreshKeys[];

beforeEach(() => {
  time = 10_000;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  stored = new HeldReads();
  keyChanges = new ScriptedFeed();
  ownerChanges = new ScriptedFeed();
  repository = { find: stored.load, changes: keyChanges } as unknown as ApiKeyRepository;
  owners = { changes: ownerChanges, isActive: async (id) => id === ALICE };
  made = [];
});
afterEach(async () => {
  for (const each of made) await each.beforeApplicationShutdown();
  jest.restoreAllMocks();
});

function freshKeys(freshness: ApiKeysOptions['freshness'] = {}, status?: OwnerStatus): FreshKeys {
  const fresh = new FreshKeys(repository, { storage: repository, freshness }, status);
  made.push(fresh);
  return fresh;
}

async function readKey(fresh: FreshKeys, key: ApiKey | null): Promise<void> {
  const reading = fresh.keys.read(key?.id ?? 'nobody');
  stored.at(stored.begun.length - 1).answer(key);
  await reading;
}

function ownedBy(ownerId: string | undefined): PreparedKey {
  return prepareKey(aKey({ ownerId }));
}

async function readOwner(fresh: FreshKeys, ownerId: string | undefined): Promise<ProvenReading<StoredState>> {
  return fresh.readState(ownedBy(ownerId), -Infinity, Infinity);
}

/** Returns the exported number of cached keys. */
async function entries(): Promise<number | undefined> {
  return (await register.getSingleMetric('keyward_key_cache_entries')?.get())?.values[0]?.value;
}

describe('the cache of keys and owners', () => {
  it.each([
    [undefined, 800],
    [1000, 800],
    [250, 200],
  ])(
    'returns nothing older than four fifths of the revocation bound (%s ms; default 1000)',
    async (revocationBoundMs, maxAgeMs) => {
      const fresh = freshKeys(revocationBoundMs === undefined ? {} : { revocationBoundMs }, owners);
      expect(fresh.maxAgeMs).toBe(maxAgeMs);
      keyChanges.prove();
      ownerChanges.prove();
      const key = aKey();
      await readKey(fresh, key);
      await readOwner(fresh, ALICE);
      expect(fresh.keys.peek(key.id, time + maxAgeMs - 1)?.key).toEqual(prepareKey(key).key);
      expect(fresh.keys.peek(key.id, time + maxAgeMs)).toBeUndefined();
      expect(fresh.peekState(ownedBy(ALICE), time + maxAgeMs - 1)?.ownerActive).toBe(true);
      expect(fresh.peekState(ownedBy(ALICE), time + maxAgeMs)).toBeUndefined();
      fresh.unknown.add('digest', time);
      expect(fresh.unknown.has('digest', time + maxAgeMs - 1)).toBe(true);
      expect(fresh.unknown.has('digest', time + maxAgeMs)).toBe(false);
    },
  );

  it('contains at most the configured number of keys', async () => {
    const fresh = freshKeys({ cacheMax: 2 });
    for (let count = 0; count < 3; count += 1) await readKey(fresh, aKey());
    expect(fresh.keys.size).toBe(2);
  });

  it('contains as many keys and owners as the configured megabytes allow [T44]', async () => {
    const fresh = freshKeys({ cacheMaxMb: 1 }, owners);
    const scopes = Array.from({ length: 100 }, (_none, index) => `acme:${index}:`.padEnd(128, 'x'));
    for (let count = 0; count < 100; count += 1) await readKey(fresh, aKey({ scopes }));
    for (let count = 0; count < 1000; count += 1) {
      await readOwner(fresh, `globex ${count} `.padEnd(400, 'x'));
    }
    const { keys, owners: states } = fresh;
    expect(keys.size).toBeLessThan(40);
    expect(keys.size).toBeGreaterThan(20);
    expect(states?.size).toBeLessThan(150);
    expect(states?.size).toBeGreaterThan(50);
    expect(keys.weight + (states?.weight ?? 0)).toBeLessThanOrEqual(1024 * 1024);
  });

  it('has no entry for a key that does not exist', async () => {
    const fresh = freshKeys();
    keyChanges.prove();
    await readKey(fresh, null);
    expect(fresh.keys.size).toBe(0);
  });

  it('forgets unknown tokens after any key changes', async () => {
    const fresh = freshKeys();
    await readKey(fresh, aKey());
    fresh.unknown.add('digest', time);
    keyChanges.say('another key');
    expect(fresh.unknown.has('digest', time)).toBe(false);
  });
});

describe('the owner of a key', () => {
  it('has the state that the owner status returns', async () => {
    const fresh = freshKeys({}, owners);
    expect(await readOwner(fresh, ALICE)).toMatchObject({ value: { ownerActive: true } });
    expect(await readOwner(fresh, BOB)).toMatchObject({ value: { ownerActive: false } });
    ownerChanges.prove();
    expect(fresh.peekState(ownedBy(BOB), time)?.ownerActive).toBe(false);
  });

  it('is unknown before the first read', () => {
    const fresh = freshKeys({}, owners);
    ownerChanges.prove();
    expect(fresh.peekState(ownedBy(ALICE), time)).toBeUndefined();
  });

  it.each<[string, () => FreshKeys, string | undefined]>([
    ['the key has none', () => freshKeys({}, owners), undefined],
    ['no owner status is provided', () => freshKeys(), BOB],
  ])('always counts as active if %s', async (_why, make, ownerId) => {
    const fresh = make();
    expect(fresh.peekState(ownedBy(ownerId), time)?.ownerActive).toBe(true);
    expect(await readOwner(fresh, ownerId)).toMatchObject({ value: { ownerActive: true }, trueAt: Infinity });
  });
});

describe('the change feeds', () => {
  it('are stale if one of them is followed and does not prove freshness', async () => {
    const fresh = freshKeys({}, owners);
    expect(fresh.isStale).toBe(false);
    await readKey(fresh, aKey());
    expect(fresh.isStale).toBe(true);
    keyChanges.prove();
    expect(fresh.isStale).toBe(false);
    await readOwner(fresh, ALICE);
    expect(fresh.isStale).toBe(true);
    ownerChanges.prove();
    expect(fresh.isStale).toBe(false);
  });

  it('are not stale if the feed of the keys proves freshness and no owner status is provided', async () => {
    const fresh = freshKeys();
    await readKey(fresh, aKey());
    keyChanges.prove();
    expect(fresh.isStale).toBe(false);
  });

  it('are those of the keys and of the owners', () => {
    expect(freshKeys({}, owners).feeds).toEqual({ keys: keyChanges, owners: ownerChanges });
    expect(freshKeys().feeds).toEqual({ keys: keyChanges, owners: undefined });
  });

  it('stop at shutdown, and the metrics then exclude their caches', async () => {
    const fresh = freshKeys({}, owners);
    await readKey(fresh, aKey());
    expect(await entries()).toBe(1);
    await fresh.beforeApplicationShutdown();
    expect([keyChanges.isStopped, ownerChanges.isStopped]).toEqual([true, true]);
    expect(await entries()).toBe(0);
  });
});
