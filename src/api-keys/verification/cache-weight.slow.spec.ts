import { mongo } from 'mongoose';
import { aKey } from '../../testing/contract/key-fixtures';
import { heapUsed } from '../../../test/support/heap-used';
import type { ApiKey } from '../domain/api-key';
import { hashToken } from '../domain/token/key-token';
import { prepareKey, type PreparedKey } from '../domain/prepared-key';
import { noPolicy, type PolicyState, scopesAllowedBy } from '../domain/policy-state';
import {
  type NarrowedScopes,
  weightOfKey,
  weightOfNarrowed,
  weightOfOwner,
  weightOfPolicy,
} from './cache-weight';
import { SieveCache } from './sieve-cache';

let drawn = 0;
/** Text that is unique to a key, like that of a hostile tenant. */
const text = (length: number, filler = 'x'): string => {
  drawn += 1;
  return (String(drawn) + filler.repeat(length)).slice(0, length);
};
const list = <T>(count: number, each: (index: number) => T): T[] =>
  Array.from({ length: count }, (_none, index) => each(index));
const entries = (count: number, value: () => string | number): Record<string, string | number> =>
  Object.fromEntries(list(count, () => text(64)).map((name) => [name, value()]));
const secrets = (): ApiKey['secrets'] =>
  list(6, (index) => `${text(9)} ${index}`).map((token) => ({
    hash: hashToken(token),
    createdAt: new Date(),
    retiresAt: new Date(),
    reusedAt: new Date(),
  }));
const networks = (): string[] =>
  list(100, (index) => `2001:db8:${index.toString(16)}:${((drawn += 1) % 65_536).toString(16)}::/64`);

/** A key as from MongoDB, with every text decoded from bytes. */
function prepared(fields: Partial<ApiKey>): PreparedKey {
  return prepareKey(mongo.BSON.deserialize(mongo.BSON.serialize(aKey(fields))) as ApiKey);
}

describe('the weight of a cached key', () => {
  it.each<[string, number, () => Partial<ApiKey>]>([
    ['with no optional fields', 1500, () => ({ name: 'x' })],
    [
      'with common fields',
      1500,
      () => ({ orgId: 'acme', scopes: ['memory:read', 'memory:write'], metadata: { team: 'ingest' } }),
    ],
    ['with 100 long scopes', 100, () => ({ scopes: list(100, () => text(128)) })],
    ['with 100 short scopes', 100, () => ({ scopes: list(100, () => text(8)) })],
    ['with 100 networks', 100, () => ({ allowedIps: networks() })],
    ['with 100 addresses', 100, () => ({ allowedIps: list(100, (index) => `10.0.0.${index}`) })],
    ['with one entry of metadata', 1000, () => ({ metadata: entries(1, () => 1) })],
    ['with 10 entries of metadata', 400, () => ({ metadata: entries(10, () => text(20)) })],
    ['with 50 entries of metadata', 150, () => ({ metadata: entries(50, Math.random) })],
    ['with metadata of wide characters', 100, () => ({ metadata: entries(16, () => `${text(440)}\u65e5`) })],
    ['with six secrets', 400, () => ({ secrets: secrets() })],
    [
      'with every optional field',
      600,
      () => ({
        name: `${text(99)}\u65e5`,
        ownerId: text(26),
        orgId: text(128),
        projectId: text(128),
        rateLimits: list(3, () => ({ name: text(32), limit: 5e9, windowSeconds: 3600 })),
        expiresAt: new Date(),
        revokedAt: new Date(),
      }),
    ],
    [
      'with the maximum size',
      60,
      () => ({
        scopes: list(100, () => text(128)),
        allowedIps: networks(),
        metadata: entries(50, () => text(90)),
        secrets: secrets(),
        expiresAt: new Date(),
      }),
    ],
  ])('is at least the heap that a key uses %s [T44]', (_what, count, fields) => {
    prepared(fields());
    const measured = Array.from({ length: 3 }, () => {
      const cache = new SieveCache<PreparedKey>(count, { maxWeight: Infinity, weigh: weightOfKey });
      const before = heapUsed();
      for (let index = 0; index < count; index += 1) {
        const key = prepared(fields());
        cache.set(key.id, key);
      }
      const used = heapUsed() - before;
      expect(cache.size).toBe(count);
      return { used, weight: cache.weight };
    });
    // The test runner allocates and frees memory meanwhile, so the middle one of three measurements counts.
    const [, middle] = measured.toSorted((one, other) => one.used - other.used);
    expect(middle?.used).toBeGreaterThan(0);
    expect(middle?.weight).toBeGreaterThan(middle?.used ?? Infinity);
  });

  it('allows 50,000 keys of a typical size within the default limit of 128 MB', () => {
    const common = { orgId: 'acme', scopes: ['memory:read', 'memory:write'], metadata: { team: 'ingest' } };
    expect(weightOfKey(prepared(common)) * 50_000).toBeLessThan(100 * 1024 * 1024);
  });
});

describe('the weight of the cached state of an owner', () => {
  it.each([26, 500])('is at least the heap that the state uses with an id of %d characters', (length) => {
    const cache = new SieveCache<{ readonly id: string; readonly isActive: boolean }>(2000, {
      maxWeight: Infinity,
      weigh: weightOfOwner,
    });
    const before = heapUsed();
    for (let index = 0; index < 2000; index += 1) {
      const id = Buffer.from(text(length)).toString();
      cache.set(id, { id, isActive: true });
    }
    const used = heapUsed() - before;
    expect(cache.size).toBe(2000);
    expect(cache.weight).toBeGreaterThan(used);
  });
});

/** A policy of an organisation, with every text decoded from bytes. */
const policy = (rules: Partial<PolicyState>): PolicyState => ({
  ...noPolicy(`org:${Buffer.from(text(26)).toString()}`),
  ...structuredClone(rules),
});

describe('the weight of policies', () => {
  const limits = list(3, (index) => `limit-${index}`).map((name) => ({
    name,
    limit: 5e9,
    windowSeconds: 60,
  }));

  it.each<[string, () => Partial<PolicyState>]>([
    ['that do not exist', () => ({})],
    [
      'with limits and 100 scopes',
      () => ({ exists: true, rateLimits: limits, allowedScopes: list(100, () => text(64)) }),
    ],
  ])('is at least the heap that they use: policies %s [T44]', (_what, rules) => {
    const cache = new SieveCache<PolicyState>(1000, { maxWeight: Infinity, weigh: weightOfPolicy });
    const before = heapUsed();
    for (let index = 0; index < 1000; index += 1) {
      const state = policy(rules());
      cache.set(state.id, state);
    }
    expect(cache.weight).toBeGreaterThan(heapUsed() - before);
  });

  it('is at least the heap that narrowed scopes use, if nothing else holds what they came from [T44]', () => {
    const cache = new SieveCache<NarrowedScopes>(300, { maxWeight: Infinity, weigh: weightOfNarrowed });
    const before = heapUsed();
    for (let index = 0; index < 300; index += 1) {
      const scopes = list(100, () => text(20));
      const policies = [policy({ allowedScopes: [...scopes.slice(50), ...list(50, () => text(20))] })];
      cache.set(text(26), { scopes, policies, allowed: scopesAllowedBy(policies, scopes) });
    }
    expect(cache.weight).toBeGreaterThan(heapUsed() - before);
  });
});
