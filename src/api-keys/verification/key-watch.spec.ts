import { assert, asyncProperty, boolean, integer } from 'fast-check';
import { HeldReads } from '../../../test/support/held-reads';
import { ScriptedFeed } from '../../../test/support/scripted-feed';
import { ALICE, aKey } from '../../testing/contract/key-fixtures';
import type { ApiKey } from '../domain/api-key';
import type { Requirement } from '../domain/decision';
import { prepareKey } from '../domain/prepared-key';
import { newKeyId } from '../domain/key-id';
import { issueToken, parseToken, type ParsedToken } from '../domain/token/key-token';
import type { OwnerStatus } from '../ports/owner-status';
import type { ApiKeyRepository } from '../storage/api-key.repository';
import { FreshKeys } from './fresh-keys';
import { type EndOfWatch, KeyWatch } from './key-watch';

const BOUND = 1000;
const QUARTER = BOUND / 4;
const START = 10_000;
const NOON = new Date('2030-01-01T12:00:00Z');

let time: number;
let now: Date;
let stored: HeldReads<ApiKey>;
let keyFeed: ScriptedFeed;
let ownerFeed: ScriptedFeed;
let aliceIsActive: boolean;
let fresh: FreshKeys;
let watch: KeyWatch;
let ends: EndOfWatch['code'][];

interface Issued {
  readonly key: ApiKey;
  readonly token: ParsedToken;
}

function issue(fields: Partial<ApiKey> = {}): Issued {
  const { token, keyId: id, hash } = issueToken('kw', newKeyId(NOON));
  const key = aKey({
    id,
    orgId: 'acme',
    scopes: ['memory:read'],
    secrets: [{ hash, createdAt: NOON }],
    ...fields,
  });
  const parsed = parseToken(token);
  if (parsed === null) throw new Error('the issued token is malformed');
  return { key, token: parsed };
}

const anything: Requirement = {
  scopes: { allOf: [], anyOf: [] },
  tenant: undefined,
  clientAddress: undefined,
};

function requiring(...scopes: string[]): Requirement {
  return { ...anything, scopes: { allOf: scopes, anyOf: [] } };
}

/** Stores a key in the cache. */
async function cache({ key }: Issued): Promise<void> {
  const reading = fresh.keys.read(key.id);
  stored.at(stored.begun.length - 1).answer(key);
  await reading;
  await fresh.readState(prepareKey(key), -Infinity, Infinity);
}

function follow({ token }: Issued, requirement = anything): () => void {
  return watch.watch(token, requirement, ({ code }) => ends.push(code));
}

/** Lets time pass, in quarters of the bound. With `proves`, both feeds prove freshness in each. */
async function pass(ms: number, proves: boolean): Promise<void> {
  for (let left = ms; left > 0; left -= QUARTER) {
    const step = Math.min(left, QUARTER);
    time += step;
    if (proves) prove();
    jest.advanceTimersByTime(step);
    await settled();
  }
}

function prove(): void {
  keyFeed.prove();
  ownerFeed.prove();
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['performance', 'Date', 'nextTick', 'queueMicrotask'] });
  time = START;
  now = NOON;
  ends = [];
  aliceIsActive = true;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  stored = new HeldReads();
  keyFeed = new ScriptedFeed();
  ownerFeed = new ScriptedFeed();
  const repository = { find: stored.load, changes: keyFeed } as unknown as ApiKeyRepository;
  const owners: OwnerStatus = { changes: ownerFeed, isActive: async () => aliceIsActive };
  fresh = new FreshKeys(repository, { storage: repository, freshness: { revocationBoundMs: BOUND } }, owners);
  watch = new KeyWatch(fresh, { now: () => now });
  prove();
});

afterEach(async () => {
  watch.beforeApplicationShutdown();
  await fresh.beforeApplicationShutdown();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('a watched key', () => {
  it('costs no read while the feed proves that it did not change', async () => {
    const acme = issue({ ownerId: ALICE });
    await cache(acme);
    follow(acme);
    await pass(60 * BOUND, true);
    expect([stored.begun.length, ends]).toEqual([1, []]);
  });

  it.each<[string, Partial<ApiKey>, EndOfWatch['code']]>([
    ['revoked', { revokedAt: NOON }, 'REVOKED'],
    ['disabled', { enabled: false }, 'DISABLED'],
    ['without the required scope', { scopes: ['memory:write'] }, 'INSUFFICIENT_SCOPE'],
    ['limited to other addresses', { allowedIps: ['192.0.2.1'] }, 'IP_NOT_ALLOWED'],
  ])('ends within the bound when it is %s, and only once [T102]', async (_how, change, code) => {
    const [acme, other] = [issue(), issue({ orgId: 'globex' })];
    await cache(acme);
    await cache(other);
    follow(acme, requiring('memory:read'));
    follow(other, requiring('memory:read'));
    await pass(3 * BOUND, true);
    keyFeed.say(acme.key.id);
    await pass(QUARTER, true);
    stored.at(2).answer({ ...acme.key, ...change });
    await settled();
    expect(ends).toEqual([code]);
    await pass(3 * BOUND, true);
    expect([ends, stored.begun.length]).toEqual([[code], 3]);
  });

  it('ends when its owner is disabled', async () => {
    const acme = issue({ ownerId: ALICE });
    await cache(acme);
    follow(acme);
    aliceIsActive = false;
    ownerFeed.say(ALICE);
    await pass(QUARTER, true);
    expect(ends).toEqual(['OWNER_DISABLED']);
  });

  it.each<[string, Partial<ApiKey>, EndOfWatch['code']]>([
    ['expires', { expiresAt: new Date(NOON.getTime() + 5000) }, 'EXPIRED'],
    ['is replaced and its grace period ends', {}, 'ROTATED'],
  ])('ends when it %s, without a change', async (_how, fields, code) => {
    const made = issue(fields);
    const retiresAt = new Date(NOON.getTime() + 5000);
    const [secret] = made.key.secrets;
    const acme =
      code === 'ROTATED' && secret !== undefined
        ? { ...made, key: { ...made.key, secrets: [{ ...secret, retiresAt }] } }
        : made;
    await cache(acme);
    follow(acme);
    now = new Date(NOON.getTime() + 4999);
    await pass(BOUND, true);
    expect(ends).toEqual([]);
    now = new Date(NOON.getTime() + 5000);
    await pass(QUARTER, true);
    expect(ends).toEqual([code]);
  });

  it('ends as unavailable before the bound has passed since the last proof [T102]', async () => {
    await assert(
      asyncProperty(integer({ min: 0, max: 4 * BOUND }), boolean(), async (quietAfter, fails) => {
        time = START;
        ends = [];
        prove();
        const acme = issue();
        await cache(acme);
        const stop = follow(acme);
        await pass(quietAfter, true);
        const provenAt = keyFeed.provenAt;
        let endedAt = Infinity;
        for (let waited = 0; waited < 2 * BOUND && endedAt === Infinity; waited += QUARTER) {
          await pass(QUARTER, false);
          if (fails) for (const read of stored.begun) read.fail(new Error('the store is unreachable'));
          await settled();
          if (ends.length > 0) endedAt = time;
        }
        stop();
        expect(ends).toEqual(['UNAVAILABLE']);
        expect(endedAt).toBeLessThanOrEqual(provenAt + BOUND);
      }),
      { numRuns: 60 },
    );
  });

  it('stays open without a feed as long as the store proves it, with at most 100 reads a second', async () => {
    const many = Array.from({ length: 60 }, () => issue());
    for (const each of many) await cache(each);
    for (const each of many) follow(each);
    keyFeed.provenAt = -Infinity;
    ownerFeed.provenAt = -Infinity;
    const before = stored.begun.length;
    const ids = new Map(many.map(({ key }) => [key.id, key]));
    let answeredUpTo = before;
    for (let turn = 0; turn < 40; turn += 1) {
      await pass(QUARTER, false);
      for (; answeredUpTo < stored.begun.length; answeredUpTo += 1) {
        const read = stored.at(answeredUpTo);
        read.answer(ids.get(read.id) ?? null);
      }
      await settled();
    }
    const reads = stored.begun.length - before;
    expect(reads).toBeLessThanOrEqual(1000);
    expect(ends).toEqual([]);
  });
});

describe('watchers of one token', () => {
  it('are judged each by its own requirement', async () => {
    const acme = issue();
    await cache(acme);
    watch.watch(acme.token, requiring('memory:read'), () => ends.push('INSUFFICIENT_SCOPE'));
    watch.watch(acme.token, anything, () => ends.push('NOT_FOUND'));
    keyFeed.say(acme.key.id);
    await pass(QUARTER, true);
    stored.at(1).answer({ ...acme.key, scopes: [] });
    await settled();
    expect(ends).toEqual(['INSUFFICIENT_SCOPE']);
  });

  it('can stop the others when they end', async () => {
    const acme = issue();
    await cache(acme);
    const stops: (() => void)[] = [];
    for (let at = 0; at < 3; at += 1) {
      stops.push(
        watch.watch(acme.token, anything, ({ code }) => {
          ends.push(code);
          for (const stop of stops) stop();
        }),
      );
    }
    keyFeed.say(acme.key.id);
    await pass(QUARTER, true);
    stored.at(1).answer(null);
    await settled();
    expect(ends).toEqual(['NOT_FOUND']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([
    ['from the cache', true],
    ['from the store', false],
  ])('end although one of them throws, with a key %s', async (_where, isCached) => {
    const acme = issue();
    await cache(acme);
    const faulty: Requirement = {
      ...anything,
      get tenant(): never {
        throw new Error('of the application');
      },
    };
    watch.watch(acme.token, anything, () => {
      throw new Error('of the application');
    });
    follow(acme, faulty);
    follow(acme);
    expect(ends).toEqual(['UNAVAILABLE']);
    keyFeed.say(acme.key.id);
    if (isCached) await cache({ ...acme, key: { ...acme.key, revokedAt: NOON } });
    await pass(QUARTER, true);
    if (!isCached) stored.at(1).answer({ ...acme.key, revokedAt: NOON });
    await settled();
    expect(ends).toEqual(['UNAVAILABLE', 'REVOKED']);
  });

  it('leave no timer behind if they end at once', async () => {
    const acme = issue({ revokedAt: NOON });
    await cache(acme);
    follow(acme);
    expect([ends, jest.getTimerCount()]).toEqual([['REVOKED'], 0]);
  });

  it('of another token can be stopped when one ends, and cost nothing from then on', async () => {
    const acme = issue({ expiresAt: new Date(NOON.getTime() + 5000) });
    const globex = issue({ orgId: 'globex' });
    await cache(acme);
    await cache(globex);
    const other: { stop?: () => void } = {};
    watch.watch(acme.token, anything, () => other.stop?.());
    other.stop = follow(globex);
    keyFeed.say(globex.key.id);
    now = new Date(NOON.getTime() + 5000);
    await pass(QUARTER, true);
    await pass(4 * BOUND, true);
    expect([stored.begun.length, jest.getTimerCount(), ends]).toEqual([2, 0, []]);
  });

  it('leave no timer behind, and stopping twice does not stop a later watcher', async () => {
    const acme = issue();
    await cache(acme);
    const stop = follow(acme);
    expect(jest.getTimerCount()).toBe(1);
    stop();
    expect(jest.getTimerCount()).toBe(0);
    follow(acme);
    stop();
    expect(jest.getTimerCount()).toBe(1);
    keyFeed.say(acme.key.id);
    await pass(QUARTER, true);
    stored.at(1).answer({ ...acme.key, enabled: false });
    await settled();
    expect(ends).toEqual(['DISABLED']);
  });
});
