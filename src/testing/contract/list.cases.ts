import assert from 'node:assert/strict';
import type { ApiKey, ApiKeyWithHistory } from '../../api-keys/domain/api-key';
import type { ApiKeyQuery, ApiKeyRepository, KeyOutline } from '../../api-keys/storage/api-key.repository';
import { aFullKey, aKey, ALICE, BOB, changed, TENANTS, withoutHistory } from './key-fixtures';
import { assertSame } from './records';
import type { Cases } from './cases';

const QUERIES: readonly Omit<ApiKeyQuery, 'limit'>[] = [
  {},
  { ownerId: ALICE },
  { ownerId: BOB },
  { orgId: 'acme' },
  { orgId: 'globex' },
  { orgId: 'acme', projectId: 'website' },
  { orgId: 'globex', projectId: 'website' },
  { ownerId: ALICE, orgId: 'acme' },
  { ownerId: BOB, orgId: 'globex', projectId: 'billing' },
  { externalId: 'cust-7' },
  { externalId: 'cust-7', orgId: 'globex' },
  { externalId: 'cust' },
  { orgId: 'nobody' },
  { orgId: 'acme', projectId: 'nothing' },
];

function population(): readonly ApiKeyWithHistory[] {
  const everyone = TENANTS.flatMap((orgId) =>
    [undefined, 'website', 'billing'].flatMap((projectId) =>
      [undefined, ALICE, BOB].map((ownerId) => aKey({ orgId, projectId, ownerId })),
    ),
  );
  return [
    aFullKey(),
    ...everyone,
    aKey(),
    aKey({ ownerId: ALICE }),
    aKey({ projectId: 'website' }),
    aKey({ orgId: 'ACME', projectId: 'website' }),
    aKey({ orgId: 'acme-2', projectId: 'website', ownerId: ALICE }),
    ...TENANTS.map((orgId) => aKey({ orgId, externalId: 'cust-7' })),
    aKey({ externalId: 'cust-7' }),
    aKey({ externalId: 'CUST-7' }),
  ];
}

/**
 * Stores keys of two tenants, of tenants with similar names, and without a tenant. Returns them as `list` does: newest
 * first, without history.
 */
async function populate(repository: ApiKeyRepository): Promise<readonly ApiKey[]> {
  const keys = population();
  // In an order that is neither that of the ids nor its reverse.
  const [even, odd] = [0, 1].map((rest) => keys.filter((_, index) => index % 2 === rest));
  await Promise.all([...(odd ?? []), ...(even ?? [])].map(async (key) => repository.insert(key)));
  return keys.toSorted((a, b) => (a.id < b.id ? 1 : -1)).map(withoutHistory);
}

const queried = QUERIES.map((query) => [
  `a list of keys contains the keys that match ${JSON.stringify(query)}, newest first, and no others`,
  async (repository: ApiKeyRepository) => {
    const newestFirst = await populate(repository);
    const wanted = newestFirst.filter((key) =>
      Object.entries(query).every(([field, value]) => Reflect.get(key, field) === value),
    );
    assertSame(await repository.list({ ...query, limit: 100 }), wanted);
    assertSame(await repository.list({ ...query, limit: 2 }), wanted.slice(0, 2));
    const outlines = wanted.map(outlineOf);
    assertSame(await repository.listOutlines({ ...query, limit: 100 }), outlines);
    assertSame(await repository.listOutlines({ ...query, limit: 2 }), outlines.slice(0, 2));

    const [first, second] = wanted;
    if (first !== undefined) {
      const rest = second === undefined ? [] : [second];
      assertSame(await repository.list({ ...query, before: first.id, limit: 1 }), rest);
      const behind = await repository.listOutlines({ ...query, before: first.id, limit: 1 });
      assertSame(behind, rest.map(outlineOf));
    }
  },
]);

const isolated = TENANTS.map((orgId) => [
  `a list of keys never contains a key of another tenant than ${orgId}`,
  async (repository: ApiKeyRepository) => {
    await populate(repository);
    const mine = await repository.list({ orgId, limit: 100 });
    const website = await repository.list({ orgId, projectId: 'website', limit: 100 });
    assert.ok(mine.length >= 9, `only ${mine.length} keys of ${orgId}`);
    assert.equal(website.length, 3);
    assertSame([...new Set([...mine, ...website].map((key) => key.orgId))], [orgId]);
  },
]);

/** Checks lists, pages and reads by ids. */
export const LIST_CASES: Cases = {
  ...Object.fromEntries([...queried, ...isolated]),

  'a list of keys contains every key once across its pages, while keys are created': async (repository) => {
    const newestFirst = await populate(repository);
    const seen: string[] = [];
    for (let before: string | undefined; ;) {
      const page = await repository.list({ before, limit: 4 });
      seen.push(...page.map((key) => key.id));
      before = page.at(-1)?.id;
      if (before === undefined) break;
      await repository.insert(aKey());
    }
    assertSame(
      seen,
      newestFirst.map((key) => key.id),
    );
  },

  'a list of keys can be read by ids: newest first, each record once, and nothing for an unknown id': async (
    repository,
  ) => {
    const [one, , three, four] = await populate(repository);
    const ids = [three, one, four, one].flatMap((key) => key?.id ?? []);
    assertSame(await repository.findMany([...ids, aKey().id]), [one, three, four]);
    assertSame(await repository.findMany([aKey().id]), []);
    assertSame(await repository.findMany([]), []);
  },

  'a list of keys has nothing before the oldest key': async (repository) => {
    const oldest = (await populate(repository)).at(-1)?.id;
    assertSame(await repository.list({ before: oldest, limit: 10 }), []);
  },

  'a list of keys contains a changed key under its new values only': async (repository) => {
    await populate(repository);
    const key = aKey({ orgId: 'initech', ownerId: ALICE });
    await repository.insert(key);
    const moved = changed(key, { orgId: 'hooli', ownerId: undefined });
    await repository.replace(moved);
    assertSame(await repository.list({ orgId: 'initech', limit: 10 }), []);
    assertSame(await repository.list({ orgId: 'hooli', limit: 10 }), [withoutHistory(moved)]);
    const owned = await repository.list({ ownerId: ALICE, limit: 100 });
    assert.ok(owned.length > 0);
    assert.ok(!owned.some(({ id }) => id === key.id), 'the former owner still has the key');
  },

  'a list of keys contains as many keys as requested, even hundreds': async (repository) => {
    await populate(repository);
    const many = Array.from({ length: 260 }, () => aKey({ orgId: 'initech' }));
    for (let from = 0; from < many.length; from += 20) {
      await Promise.all(many.slice(from, from + 20).map(async (key) => repository.insert(key)));
    }
    const found = await repository.list({ orgId: 'initech', limit: 250 });
    const newest = many.toReversed().slice(0, 250);
    assertSame(
      found.map(({ id }) => id),
      newest.map(({ id }) => id),
    );
  },
};

function outlineOf(key: ApiKey): KeyOutline {
  const { id, ownerId, orgId, projectId, externalId, enabled, expiresAt, revokedAt } = key;
  return { id, ownerId, orgId, projectId, externalId, enabled, expiresAt, revokedAt };
}
