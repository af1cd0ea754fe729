import type { ApiKey } from '../../src/api-keys/domain/api-key';
import {
  type ApiKeyQuery,
  type ApiKeyRepository,
  KeyIdTakenError,
  type KeyOutline,
} from '../../src/api-keys/storage/api-key.repository';
import {
  aFullKey,
  aKey,
  ALICE,
  BOB,
  changed,
  nothingOptional,
  revoked,
  TENANTS,
  withoutHistory,
} from '../support/fixtures';
import { describeRaces } from './api-key-races.contract';
import type { OpenedRepository } from './opened-repository';

/**
 * Checks what every store of API keys guarantees.
 *
 * @param open returns an empty store, a new one each time
 */
export function describeApiKeyRepository(open: () => Promise<OpenedRepository>): void {
  let opened: OpenedRepository;
  let repository: ApiKeyRepository;

  beforeEach(async () => {
    opened = await open();
    ({ repository } = opened);
  });

  afterEach(async () => {
    await opened.close();
  });

  describe('a key in the store', () => {
    it.each([
      ['everything set', aFullKey()],
      ['nothing optional', aKey()],
      ['everything optional left undefined', aKey(nothingOptional())],
    ])('is read back as it was created, with %s', async (_how, key) => {
      await repository.insert(key);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(key);
      await expect(repository.find(key.id)).resolves.toEqual(withoutHistory(key));
    });

    it('has every date as a Date', async () => {
      const full = aFullKey();
      await repository.insert(full);
      const found = await repository.findWithHistory(full.id);
      const dates = [
        found?.createdAt,
        found?.updatedAt,
        found?.expiresAt,
        found?.revokedAt,
        found?.history[0]?.at,
        found?.secrets[0]?.createdAt,
        found?.secrets[1]?.retiresAt,
        found?.secrets[1]?.reusedAt,
      ];
      for (const date of dates) expect(date).toBeInstanceOf(Date);
    });

    it('keeps metadata with names that JavaScript or MongoDB treats specially', async () => {
      const metadata = {
        _bsontype: 'ObjectId',
        _id: 'one',
        id: 'two',
        toString: 'three',
        toJSON: 'four',
        length: 5,
        hasOwnProperty: true,
        '0': false,
      };
      const key = aKey({ metadata });
      await repository.insert(key);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(key);

      const after = changed(key, { metadata: { ...metadata, _bsontype: 'Long' } });
      await expect(repository.replace(after)).resolves.toBe(true);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(after);
      await expect(repository.list({ limit: 1 })).resolves.toEqual([withoutHistory(after)]);
    });

    it('is not found under another id', async () => {
      await repository.insert(aKey());
      const unknown = aKey().id;
      await expect(repository.find(unknown)).resolves.toBeNull();
      await expect(repository.findWithHistory(unknown)).resolves.toBeNull();
    });

    it('is not changed through the object that was stored', async () => {
      const key = aFullKey();
      const asMade = structuredClone(key);
      await repository.insert(key);
      ruin(key);
      await expect(repository.findWithHistory(asMade.id)).resolves.toEqual(asMade);

      const change = changed(asMade, { name: 'renamed' });
      const asChanged = structuredClone(change);
      await repository.replace(change);
      ruin(change);
      await expect(repository.findWithHistory(asMade.id)).resolves.toEqual(asChanged);
    });

    it('is not changed through an object that was read', async () => {
      const key = aFullKey();
      await repository.insert(key);
      ruin(await repository.find(key.id));
      ruin(await repository.findWithHistory(key.id));
      ruin(await repository.list({ limit: 10 }));
      ruin(await repository.listOutlines({ limit: 10 }));
      ruin(await repository.findMany([key.id]));
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(key);
      await expect(repository.find(key.id)).resolves.toEqual(withoutHistory(key));
    });

    it('does not change when its insert is sent again, even after an update', async () => {
      const key = aKey();
      await repository.insert(key);
      await repository.insert(key);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(key);

      const later = changed(key, { name: 'renamed' });
      await repository.replace(later);
      await repository.insert(key);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(later);
    });

    it('is kept when another key is inserted with its id', async () => {
      const first = aFullKey();
      await repository.insert(first);
      const second = { ...aKey({ name: 'usurper' }), id: first.id };
      await expect(repository.insert(second)).rejects.toThrow(KeyIdTakenError);
      await expect(repository.findWithHistory(first.id)).resolves.toEqual(first);
    });
  });

  describe('a change of a key', () => {
    it('stores the whole record with its history', async () => {
      const key = aKey();
      const full = { ...aFullKey(), id: key.id, createdAt: key.createdAt, createdBy: key.createdBy };
      await repository.insert(key);
      const after = { ...changed(key, { ...full, history: key.history, version: 1 }), historyDropped: 7 };
      await expect(repository.replace(after)).resolves.toBe(true);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(after);
      await expect(repository.find(key.id)).resolves.toEqual(withoutHistory(after));
    });

    it.each(Object.keys(nothingOptional()))(
      'removes %s, whether it is undefined or missing',
      async (field) => {
        const [one, other] = [aFullKey(), aFullKey()];
        for (const key of [one, other]) await repository.insert(key);
        const asUndefined = changed(one, { [field]: undefined });
        const leftOut = changed(other, { [field]: undefined });
        Reflect.deleteProperty(leftOut, field);

        for (const after of [asUndefined, leftOut]) {
          await expect(repository.replace(after)).resolves.toBe(true);
          const found = await repository.findWithHistory(after.id);
          expect(found).toEqual(after);
          expect(Reflect.get(found ?? {}, field)).toBeUndefined();
        }
      },
    );

    it('can empty the lists and the metadata', async () => {
      const key = aFullKey();
      await repository.insert(key);
      const after = changed(key, { scopes: [], allowedIps: [], metadata: {} });
      await expect(repository.replace(after)).resolves.toBe(true);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(after);
    });

    it('is rejected when the key has changed since it was read', async () => {
      const key = aKey();
      await repository.insert(key);
      const first = changed(key, { name: 'first' });
      await expect(repository.replace(first)).resolves.toBe(true);
      await expect(repository.replace(changed(key, { name: 'late' }))).resolves.toBe(false);
      await expect(repository.replace(revoked(key))).resolves.toBe(false);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(first);
    });

    it('is rejected when it starts from a future version', async () => {
      const key = aKey();
      await repository.insert(key);
      const ahead = changed(changed(key, { name: 'skipped' }), { name: 'ahead' });
      await expect(repository.replace({ ...ahead, history: ahead.history.slice(-1) })).resolves.toBe(false);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(key);
    });

    it('is rejected when the key does not exist, and creates none', async () => {
      const key = aKey();
      await expect(repository.replace(changed(key, { name: 'nobody' }))).resolves.toBe(false);
      await expect(repository.find(key.id)).resolves.toBeNull();
      await expect(repository.list({ limit: 10 })).resolves.toEqual([]);
    });

    it('keeps the creator and the creation time', async () => {
      const key = aKey();
      await repository.insert(key);
      const change = changed(key, { name: 'renamed' });
      const forged = { ...change, createdAt: new Date(0), createdBy: 'key:somebody-else' };
      await expect(repository.replace(forged)).resolves.toBe(true);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(change);
    });

    it('changes no other key', async () => {
      const [one, other] = [aKey({ orgId: 'acme' }), aKey({ orgId: 'acme' })];
      for (const key of [one, other]) await repository.insert(key);
      await repository.replace(changed(one, { orgId: 'globex' }));
      await expect(repository.findWithHistory(other.id)).resolves.toEqual(other);
    });

    it('can be sent again, and is confirmed', async () => {
      const key = aKey();
      await repository.insert(key);
      const change = changed(key, { name: 'renamed' });
      await repository.replace(change);
      await expect(repository.replace(change)).resolves.toBe(true);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(change);
    });

    it('can be sent again after other changes, and undoes none of them', async () => {
      const key = aKey();
      await repository.insert(key);
      const change = changed(key, { name: 'renamed' });
      await repository.replace(change);
      const again = changed(change, { name: 'renamed again' });
      await repository.replace(again);
      const latest = revoked(again);
      await repository.replace(latest);

      await expect(repository.replace(change)).resolves.toBe(true);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(latest);
    });
  });

  describe('a list of keys', () => {
    const everyone = TENANTS.flatMap((orgId) =>
      [undefined, 'website', 'billing'].flatMap((projectId) =>
        [undefined, ALICE, BOB].map((ownerId) => aKey({ orgId, projectId, ownerId })),
      ),
    );
    const population = [
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
    const newestFirst = population.toSorted((a, b) => (a.id < b.id ? 1 : -1)).map(withoutHistory);

    beforeEach(async () => {
      // In an order that is neither that of the ids nor its reverse.
      const [even, odd] = [0, 1].map((rest) => population.filter((_, index) => index % 2 === rest));
      await Promise.all([...(odd ?? []), ...(even ?? [])].map((key) => repository.insert(key)));
    });

    it.each<Omit<ApiKeyQuery, 'limit'>>([
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
    ])('contains the keys that match %j, newest first, and no others', async (query) => {
      const wanted = newestFirst.filter((key) =>
        Object.entries(query).every(([field, value]) => Reflect.get(key, field) === value),
      );
      await expect(repository.list({ ...query, limit: 100 })).resolves.toEqual(wanted);
      await expect(repository.list({ ...query, limit: 2 })).resolves.toEqual(wanted.slice(0, 2));
      const outlines = wanted.map(outlineOf);
      await expect(repository.listOutlines({ ...query, limit: 100 })).resolves.toEqual(outlines);
      await expect(repository.listOutlines({ ...query, limit: 2 })).resolves.toEqual(outlines.slice(0, 2));

      const [first, second] = wanted;
      if (first !== undefined) {
        const rest = await repository.list({ ...query, before: first.id, limit: 1 });
        expect(rest).toEqual(second === undefined ? [] : [second]);
        const behind = await repository.listOutlines({ ...query, before: first.id, limit: 1 });
        expect(behind).toEqual(rest.map(outlineOf));
      }
    });

    it.each(TENANTS)('never contains a key of another tenant than %s', async (orgId) => {
      const mine = await repository.list({ orgId, limit: 100 });
      const website = await repository.list({ orgId, projectId: 'website', limit: 100 });
      expect(mine.length).toBeGreaterThanOrEqual(9);
      expect(website).toHaveLength(3);
      expect(new Set([...mine, ...website].map((key) => key.orgId))).toEqual(new Set([orgId]));
    });

    it('contains every key once across its pages, while keys are created', async () => {
      const seen: string[] = [];
      for (let before: string | undefined; ;) {
        const page = await repository.list({ before, limit: 4 });
        seen.push(...page.map((key) => key.id));
        before = page.at(-1)?.id;
        if (before === undefined) break;
        await repository.insert(aKey());
      }
      expect(seen).toEqual(newestFirst.map((key) => key.id));
    });

    it('can be read by ids: newest first, each record once, and nothing for an unknown id', async () => {
      const [one, , three, four] = newestFirst;
      const ids = [three, one, four, one].flatMap((key) => key?.id ?? []);
      await expect(repository.findMany([...ids, aKey().id])).resolves.toEqual([one, three, four]);
      await expect(repository.findMany([aKey().id])).resolves.toEqual([]);
      await expect(repository.findMany([])).resolves.toEqual([]);
    });

    it('has nothing before the oldest key', async () => {
      const oldest = newestFirst.at(-1)?.id;
      await expect(repository.list({ before: oldest, limit: 10 })).resolves.toEqual([]);
    });

    it('contains a changed key under its new values only', async () => {
      const key = aKey({ orgId: 'initech', ownerId: ALICE });
      await repository.insert(key);
      const moved = changed(key, { orgId: 'hooli', ownerId: undefined });
      await repository.replace(moved);
      await expect(repository.list({ orgId: 'initech', limit: 10 })).resolves.toEqual([]);
      await expect(repository.list({ orgId: 'hooli', limit: 10 })).resolves.toEqual([withoutHistory(moved)]);
      const owned = await repository.list({ ownerId: ALICE, limit: 1 });
      expect(owned.map(({ id }) => id)).not.toContain(key.id);
    });

    it('contains as many keys as requested, even more than one batch of the server', async () => {
      const many = Array.from({ length: 260 }, () => aKey({ orgId: 'initech' }));
      for (let from = 0; from < many.length; from += 20) {
        await Promise.all(many.slice(from, from + 20).map((key) => repository.insert(key)));
      }
      const found = await repository.list({ orgId: 'initech', limit: 250 });
      expect(found.map(({ id }) => id)).toEqual(
        many
          .toReversed()
          .slice(0, 250)
          .map(({ id }) => id),
      );
    });
  });

  describe('several changes at the same time', () => {
    describeRaces(() => repository);
  });
}

function outlineOf(key: ApiKey): KeyOutline {
  const { id, ownerId, orgId, projectId, externalId, enabled, expiresAt, revokedAt } = key;
  return { id, ownerId, orgId, projectId, externalId, enabled, expiresAt, revokedAt };
}

/** Changes a value in every mutable part. */
function ruin(value: unknown): void {
  if (value instanceof Date) value.setTime(0);
  else if (typeof value === 'object' && value !== null) {
    for (const name of Object.keys(value)) {
      ruin(Reflect.get(value, name));
      Reflect.set(value, name, 'ruined');
    }
  }
}
