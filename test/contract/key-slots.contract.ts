import { newKeyId } from '../../src/api-keys/domain/key-id';
import type { KeySlot, SlotSubject } from '../../src/api-keys/domain/key-slot';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import type { KeySlots } from '../../src/api-keys/storage/key-slots';
import { aKey, changed, revoked } from '../../src/testing/contract/key-fixtures';
import type { OpenedRepository } from './opened-repository';

const NOW = new Date('2030-01-02T03:04:05.678Z');
const BEFORE = new Date(NOW.getTime() - 1);

/** Returns a slot for a new key. */
function aSlot(at: string | Date = NOW): KeySlot {
  return { keyId: newKeyId(NOW), at: new Date(at) };
}

/**
 * Checks what every store of API keys guarantees about the slots for live keys.
 *
 * @param open returns an empty store, a new one each time
 */
export function describeKeySlots(open: () => Promise<OpenedRepository>): void {
  describe.each<SlotSubject>(['owner:ada', 'org:acme'])('the slots of %s', (subject) => {
    let opened: OpenedRepository;
    let repository: ApiKeyRepository;
    let slots: KeySlots;

    beforeEach(async () => {
      opened = await open();
      ({ repository } = opened);
      if (repository.slots === undefined) throw new Error('the store has no slots');
      ({ slots } = repository);
    });
    afterEach(async () => {
      await opened.close();
    });

    const seed = async (seeded: readonly KeySlot[] = [], of = subject): Promise<void> => {
      const { revision } = await slots.open(of);
      await expect(slots.seed(of, revision, { slots: seeded, seededAt: NOW })).resolves.toBe(true);
    };
    const take = async (slot: KeySlot, max: number, of = subject): Promise<boolean> =>
      slots.take(of, slot, max, BEFORE);
    const taken = async (of = subject): Promise<readonly KeySlot[]> => (await slots.open(of)).slots;
    const takenOnceEach = async (keyIds: readonly string[]): Promise<void> => {
      expect((await taken()).map(({ keyId }) => keyId).toSorted()).toEqual(keyIds.toSorted());
    };

    it('are limited to 50 when 60 callers request one concurrently [T132]', async () => {
      await seed();
      const wanted = Array.from({ length: 60 }, () => aSlot());
      const outcomes = await Promise.all(wanted.map((slot) => take(slot, 50)));
      const lucky = wanted.filter((_, n) => outcomes[n]).map(({ keyId }) => keyId);
      expect(lucky).toHaveLength(50);
      await takenOnceEach(lucky);
    });

    it('are not available before they are seeded, and no take creates a record', async () => {
      await expect(take(aSlot(), 5)).resolves.toBe(false);
      await expect(slots.open(subject)).resolves.toEqual({ slots: [], revision: 0 });
      await expect(take(aSlot(), 5)).resolves.toBe(false);
      await seed();
      await expect(slots.take(subject, aSlot(), 5, NOW)).resolves.toBe(false);
      await expect(slots.take(subject, aSlot(), 5, BEFORE)).resolves.toBe(true);
    });

    it('are opened as one record by concurrent callers', async () => {
      const opens = await Promise.all(Array.from({ length: 20 }, () => slots.open(subject)));
      expect(opens).toEqual(opens.map(() => ({ slots: [], revision: 0 })));
    });

    it('include one for each key, even if callers request it concurrently or no slot is free', async () => {
      await seed();
      const [slot, other] = [aSlot(), aSlot()];
      await expect(take(slot, 1)).resolves.toBe(true);
      await expect(take({ ...slot }, 1)).resolves.toBe(true);
      await expect(taken()).resolves.toEqual([slot]);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => take(other, 10)));
      expect(new Set(outcomes)).toEqual(new Set([true]));
      await takenOnceEach([slot.keyId, other.keyId]);
    });

    it.each([0, 1, 3])('are limited to %i, and further requests return false', async (max) => {
      await seed();
      const outcomes: boolean[] = [];
      for (let n = 0; n < 5; n += 1) outcomes.push(await take(aSlot(), max));
      expect(outcomes).toEqual(Array.from({ length: 5 }, (_, n) => n < max));
      await expect(taken()).resolves.toHaveLength(max);
    });

    it('stay taken but do not increase when the maximum is lowered', async () => {
      const four = [aSlot(), aSlot(), aSlot(), aSlot()];
      await seed(four);
      await expect(take(aSlot(), 2)).resolves.toBe(false);
      await expect(take(four[0] ?? aSlot(), 2)).resolves.toBe(false);
      await expect(taken()).resolves.toEqual(four);
    });

    it('are separate for each owner and organisation, even with the same id', async () => {
      const others: readonly SlotSubject[] = ['org:ada', 'owner:acme', 'org:globex', 'owner:grace'];
      const slot = aSlot();
      for (const each of [subject, ...others]) await seed([], each);
      await take(slot, 1);
      for (const other of others) await expect(take(slot, 1, other)).resolves.toBe(true);
      await slots.free(subject, slot.keyId, NOW);
      await slots.forget(subject, slot.keyId);
      await expect(taken()).resolves.toEqual([]);
      for (const other of others) await expect(taken(other)).resolves.toEqual([slot]);
    });

    it('are free after they are released, and the other slots stay taken', async () => {
      const [first, kept] = [aSlot(), aSlot()];
      await seed([first, kept]);
      await slots.free(subject, first.keyId, NOW);
      await slots.free(subject, 'never taken', NOW);
      await expect(taken()).resolves.toEqual([kept]);
      await expect(take(aSlot(), 2)).resolves.toBe(true);
      await expect(take(aSlot(), 2)).resolves.toBe(false);
    });

    it('are not freed by a late release if they were taken again in the meantime', async () => {
      const slot = aSlot();
      await seed([slot]);
      const back = { ...slot, at: new Date(NOW.getTime() + 1) };
      await expect(take(back, 1)).resolves.toBe(true);
      await slots.free(subject, slot.keyId, NOW);
      await expect(taken()).resolves.toEqual([back]);
      await slots.free(subject, slot.keyId, back.at);
      await expect(taken()).resolves.toEqual([]);
    });

    it('must be seeded again after a key is forgotten, and no record is created for it', async () => {
      await slots.forget('org:nobody', 'a key');
      await expect(slots.open('org:nobody')).resolves.toEqual({ slots: [], revision: 0 });
      const [lost, kept] = [aSlot(), aSlot()];
      await seed([lost, kept]);
      await slots.forget(subject, lost.keyId);
      await expect(slots.open(subject)).resolves.toEqual({ slots: [kept], revision: 2 });
      await expect(take(aSlot(), 5)).resolves.toBe(false);
    });

    it('are given up by exactly as many of 10 concurrent keys as exceed the maximum [T132]', async () => {
      const ten = Array.from({ length: 10 }, () => aSlot());
      await seed(ten);
      const outcomes = await Promise.all(ten.map(({ keyId }) => slots.yield(subject, keyId, 7)));
      expect(outcomes.filter(Boolean)).toHaveLength(3);
      await expect(taken()).resolves.toEqual(ten.filter((_, n) => !outcomes[n]));
      await expect(slots.yield(subject, 'never taken', 1)).resolves.toBe(false);
    });

    it('are not seeded from an old state after any other write', async () => {
      const slot = aSlot();
      await seed([slot]);
      const writes: readonly (() => Promise<unknown>)[] = [
        async () => take(aSlot(), 5),
        async () => take({ ...slot, at: new Date(NOW.getTime() + 1) }, 5),
        async () => slots.free(subject, 'never taken', NOW),
        async () => slots.yield(subject, slot.keyId, 1),
        async () => slots.forget(subject, 'never taken'),
        async () => seed(),
      ];
      for (const write of writes) {
        const { revision } = await slots.open(subject);
        await write();
        await expect(slots.seed(subject, revision, { slots: [] })).resolves.toBe(false);
      }
      await expect(slots.seed('org:nobody', 0, { slots: [] })).resolves.toBe(false);
    });

    it('are neither lost nor duplicated when some are taken while others are released', async () => {
      const old = Array.from({ length: 20 }, () => aSlot());
      await seed(old);
      const fresh = Array.from({ length: 20 }, () => aSlot());
      await Promise.all([
        ...old.map(({ keyId }) => slots.free(subject, keyId, NOW)),
        ...fresh.map((slot) => take(slot, 40)),
      ]);
      await takenOnceEach(fresh.map(({ keyId }) => keyId));
    });

    it('are seeded from the keys of the subject that are neither revoked nor expired', async () => {
      const own = subject === 'org:acme' ? { orgId: 'acme' } : { ownerId: 'ada' };
      const foreign = subject === 'org:acme' ? { orgId: 'globex' } : { ownerId: 'grace' };
      const none = { orgId: undefined, ownerId: undefined, expiresAt: undefined };
      const later = new Date(NOW.getTime() + 1);
      const live = [
        aKey({ ...none, ...own }),
        aKey({ ...none, ...own, expiresAt: later }),
        aKey({ ...none, ...own, enabled: false }),
      ];
      const gone = aKey({ ...none, ...own });
      const others = [
        aKey({ ...none, ...own, expiresAt: NOW }),
        aKey({ ...none, ...foreign }),
        aKey({ ...none, orgId: 'ada', ownerId: 'acme' }),
        aKey(none),
        gone,
      ];
      for (const key of [...live, ...others]) await repository.insert(key);
      await repository.replace(revoked(gone));
      const [first] = live;
      const renamed = changed(first ?? gone, { name: 'renamed' });
      await repository.replace(renamed);

      const found = await slots.live(subject, NOW, 10);
      const expected = [renamed, ...live.slice(1)].map(({ id, updatedAt }) => ({ keyId: id, at: updatedAt }));
      expect(found).toHaveLength(3);
      expect(found).toEqual(expect.arrayContaining(expected));
      await expect(slots.live(subject, NOW, 2)).resolves.toHaveLength(2);
    });
  });
}
