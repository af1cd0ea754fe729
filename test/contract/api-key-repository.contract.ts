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
 * What every store of API keys promises, whatever it is made of.
 *
 * @param open gives an empty store, a new one each time
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

  describe('someone who made a key', () => {
    it.each([
      ['with everything set', aFullKey()],
      ['with nothing optional', aKey()],
      ['with everything optional left undefined', aKey(nothingOptional())],
    ])('reads it back as it was made, %s', async (_how, key) => {
      await repository.insert(key);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(key);
      await expect(repository.find(key.id)).resolves.toEqual(withoutHistory(key));
    });

    it('reads every date back as a Date', async () => {
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

    it('reads back metadata under names that mean something to a program', async () => {
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

    it('is told that there is no key under another id', async () => {
      await repository.insert(aKey());
      const unknown = aKey().id;
      await expect(repository.find(unknown)).resolves.toBeNull();
      await expect(repository.findWithHistory(unknown)).resolves.toBeNull();
    });

    it('cannot alter the store through what it handed in', async () => {
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

    it('cannot alter the store through what it was given', async () => {
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

    it('may send the same insert again, also after the key was changed, and nothing happens', async () => {
      const key = aKey();
      await repository.insert(key);
      await repository.insert(key);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(key);

      const later = changed(key, { name: 'renamed' });
      await repository.replace(later);
      await repository.insert(key);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(later);
    });

    it('keeps it when somebody else comes with the same id', async () => {
      const first = aFullKey();
      await repository.insert(first);
      const second = { ...aKey({ name: 'usurper' }), id: first.id };
      await expect(repository.insert(second)).rejects.toThrow(KeyIdTakenError);
      await expect(repository.findWithHistory(first.id)).resolves.toEqual(first);
    });
  });

  describe('someone who changes a key', () => {
    it('stores the whole record with its history', async () => {
      const key = aKey();
      const full = { ...aFullKey(), id: key.id, createdAt: key.createdAt, createdBy: key.createdBy };
      await repository.insert(key);
      const after = { ...changed(key, { ...full, history: key.history, version: 1 }), historyDropped: 7 };
      await expect(repository.replace(after)).resolves.toBe(true);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(after);
      await expect(repository.find(key.id)).resolves.toEqual(withoutHistory(after));
    });

    it.each(Object.keys(nothingOptional()))('takes %s off it, undefined or left out', async (field) => {
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
    });

    it('empties its lists and its metadata', async () => {
      const key = aFullKey();
      await repository.insert(key);
      const after = changed(key, { scopes: [], allowedIps: [], metadata: {} });
      await expect(repository.replace(after)).resolves.toBe(true);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(after);
    });

    it('is refused when the key has moved on since it was read', async () => {
      const key = aKey();
      await repository.insert(key);
      const first = changed(key, { name: 'first' });
      await expect(repository.replace(first)).resolves.toBe(true);
      await expect(repository.replace(changed(key, { name: 'late' }))).resolves.toBe(false);
      await expect(repository.replace(revoked(key))).resolves.toBe(false);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(first);
    });

    it('is refused when the change starts from a version that is yet to come', async () => {
      const key = aKey();
      await repository.insert(key);
      const ahead = changed(changed(key, { name: 'skipped' }), { name: 'ahead' });
      await expect(repository.replace({ ...ahead, history: ahead.history.slice(-1) })).resolves.toBe(false);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(key);
    });

    it('is refused when there is no such key, and makes none', async () => {
      const key = aKey();
      await expect(repository.replace(changed(key, { name: 'nobody' }))).resolves.toBe(false);
      await expect(repository.find(key.id)).resolves.toBeNull();
      await expect(repository.list({ limit: 10 })).resolves.toEqual([]);
    });

    it('leaves its maker and the moment of its making alone', async () => {
      const key = aKey();
      await repository.insert(key);
      const change = changed(key, { name: 'renamed' });
      const forged = { ...change, createdAt: new Date(0), createdBy: 'key:somebody-else' };
      await expect(repository.replace(forged)).resolves.toBe(true);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(change);
    });

    it('changes that key and no other', async () => {
      const [one, other] = [aKey({ orgId: 'acme' }), aKey({ orgId: 'acme' })];
      for (const key of [one, other]) await repository.insert(key);
      await repository.replace(changed(one, { orgId: 'globex' }));
      await expect(repository.findWithHistory(other.id)).resolves.toEqual(other);
    });

    it('may send the same change again and is told that it stands', async () => {
      const key = aKey();
      await repository.insert(key);
      const change = changed(key, { name: 'renamed' });
      await repository.replace(change);
      await expect(repository.replace(change)).resolves.toBe(true);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(change);
    });

    it('may send it again after others changed the key, and undoes nothing', async () => {
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

  describe('someone who lists keys', () => {
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
      // Neither in the order of their ids nor against it.
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
    ])('sees those that are equal in %j, newest first, and no others', async (query) => {
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

    it.each(TENANTS)('of %s never sees a key of the other', async (orgId) => {
      const mine = await repository.list({ orgId, limit: 100 });
      const website = await repository.list({ orgId, projectId: 'website', limit: 100 });
      expect(mine.length).toBeGreaterThanOrEqual(9);
      expect(website).toHaveLength(3);
      expect(new Set([...mine, ...website].map((key) => key.orgId))).toEqual(new Set([orgId]));
    });

    it('turns the pages through every key once, while new ones are made', async () => {
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

    it('finds the records of a page by their ids, newest first, each once, and none for an unknown id', async () => {
      const [one, , three, four] = newestFirst;
      const ids = [three, one, four, one].flatMap((key) => key?.id ?? []);
      await expect(repository.findMany([...ids, aKey().id])).resolves.toEqual([one, three, four]);
      await expect(repository.findMany([aKey().id])).resolves.toEqual([]);
      await expect(repository.findMany([])).resolves.toEqual([]);
    });

    it('sees nothing before the oldest', async () => {
      const oldest = newestFirst.at(-1)?.id;
      await expect(repository.list({ before: oldest, limit: 10 })).resolves.toEqual([]);
    });

    it('finds a key where a change has put it, and no longer where it was', async () => {
      const key = aKey({ orgId: 'initech', ownerId: ALICE });
      await repository.insert(key);
      const moved = changed(key, { orgId: 'hooli', ownerId: undefined });
      await repository.replace(moved);
      await expect(repository.list({ orgId: 'initech', limit: 10 })).resolves.toEqual([]);
      await expect(repository.list({ orgId: 'hooli', limit: 10 })).resolves.toEqual([withoutHistory(moved)]);
      const owned = await repository.list({ ownerId: ALICE, limit: 1 });
      expect(owned.map(({ id }) => id)).not.toContain(key.id);
    });

    it('gets as many as asked for, also more than a server sends at once', async () => {
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

  describe('several people at the same moment', () => {
    describeRaces(() => repository);
  });
}

function outlineOf(key: ApiKey): KeyOutline {
  const { id, ownerId, orgId, projectId, externalId, enabled, expiresAt, revokedAt } = key;
  return { id, ownerId, orgId, projectId, externalId, enabled, expiresAt, revokedAt };
}

/** Spoils a value in every part that can be spoilt. */
function ruin(value: unknown): void {
  if (value instanceof Date) value.setTime(0);
  else if (typeof value === 'object' && value !== null) {
    for (const name of Object.keys(value)) {
      ruin(Reflect.get(value, name));
      Reflect.set(value, name, 'ruined');
    }
  }
}
