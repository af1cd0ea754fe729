import type { User } from '../../src/users/domain/user';
import type { UserRepository } from '../../src/users/storage/user.repository';
import { aSlot, aUser } from '../support/user-fixtures';

/** Checks what every store guarantees about the slots for a user’s keys. */
export function describeUserSlots(current: () => UserRepository): void {
  describe('the slots for a user’s keys', () => {
    let repository: UserRepository;
    let user: User;

    beforeEach(async () => {
      repository = current();
      user = aUser();
      await repository.insert(user);
    });

    const taken = async (): Promise<User['keySlots']> => (await repository.find(user.id))?.keySlots ?? [];
    const takenOnceEach = async (keyIds: readonly string[]): Promise<void> => {
      expect((await taken()).map(({ keyId }) => keyId).toSorted()).toEqual(keyIds.toSorted());
    };

    it('are limited to 50 when 60 callers request one concurrently [T76]', async () => {
      const slots = Array.from({ length: 60 }, () => aSlot());
      const outcomes = await Promise.all(slots.map((slot) => repository.takeSlot(user.id, slot, 50)));
      const lucky = slots.filter((_, n) => outcomes[n]).map(({ keyId }) => keyId);
      expect(lucky).toHaveLength(50);
      await takenOnceEach(lucky);
    });

    it('are stored in order with their times, and the rest of the user stays unchanged', async () => {
      const slots = [aSlot('2030-01-03T00:00:00.001Z'), aSlot('2030-01-02T00:00:00.002Z')];
      for (const slot of slots) await repository.takeSlot(user.id, slot, 2);
      await expect(repository.find(user.id)).resolves.toEqual({ ...user, keySlots: slots });
    });

    it('include one for each key, even if callers request it concurrently or no slot is free', async () => {
      const slot = aSlot();
      await expect(repository.takeSlot(user.id, slot, 1)).resolves.toBe(true);
      await expect(repository.takeSlot(user.id, { ...slot }, 1)).resolves.toBe(true);
      await expect(taken()).resolves.toEqual([slot]);

      const other = aSlot();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => repository.takeSlot(user.id, other, 10)),
      );
      expect(new Set(outcomes)).toEqual(new Set([true]));
      await expect(taken()).resolves.toEqual([slot, other]);
    });

    it.each([1, 3])('are limited to %i, and further requests return false', async (max) => {
      const outcomes: boolean[] = [];
      for (let n = 0; n < 5; n += 1) outcomes.push(await repository.takeSlot(user.id, aSlot(), max));
      expect(outcomes).toEqual(Array.from({ length: 5 }, (_, n) => n < max));
      await expect(taken()).resolves.toHaveLength(max);
    });

    it('stay taken but do not increase when the limit is lowered', async () => {
      for (let n = 0; n < 4; n += 1) await repository.takeSlot(user.id, aSlot(), 5);
      await expect(repository.takeSlot(user.id, aSlot(), 2)).resolves.toBe(false);
      await expect(taken()).resolves.toHaveLength(4);
    });

    it('are not available to users who are disabled, removed or unknown', async () => {
      await repository.change(user.id, 1, { status: 'disabled' });
      await expect(repository.takeSlot(user.id, aSlot(), 50)).resolves.toBe(false);
      await expect(taken()).resolves.toEqual([]);
      await repository.remove(user.id);
      await expect(repository.takeSlot(user.id, aSlot(), 50)).resolves.toBe(false);
      await expect(taken()).resolves.toEqual([]);
      const nobody = aUser();
      await expect(repository.takeSlot(nobody.id, aSlot(), 50)).resolves.toBe(false);
      await expect(repository.find(nobody.id)).resolves.toBeNull();
    });

    it('are separate for each user', async () => {
      const other = aUser();
      await repository.insert(other);
      const slot = aSlot();
      await repository.takeSlot(user.id, slot, 1);
      await expect(repository.takeSlot(other.id, slot, 1)).resolves.toBe(true);
      await repository.giveSlotsBack(user.id, [slot.keyId]);
      await expect(repository.find(other.id)).resolves.toMatchObject({ keySlots: [slot] });
    });

    it('are free after they are released, and the other slots stay taken', async () => {
      const slots = [aSlot(), aSlot(), aSlot()];
      for (const slot of slots) await repository.takeSlot(user.id, slot, 3);
      const [first, kept, last] = slots;
      await repository.giveSlotsBack(user.id, [first?.keyId ?? '', last?.keyId ?? '', 'never taken']);
      await expect(taken()).resolves.toEqual([kept]);
      await expect(repository.takeSlot(user.id, aSlot(), 3)).resolves.toBe(true);
      await expect(repository.takeSlot(user.id, aSlot(), 3)).resolves.toBe(true);
      await expect(repository.takeSlot(user.id, aSlot(), 3)).resolves.toBe(false);
    });

    it('are not freed by a late release if they were taken again in the meantime', async () => {
      const left = new Date('2030-01-01T00:00:00Z');
      const slot = { ...aSlot(), at: left };
      await repository.takeSlot(user.id, slot, 1);
      const back = { ...slot, at: new Date(left.getTime() + 1) };
      await expect(repository.takeSlot(user.id, back, 1)).resolves.toBe(true);
      await repository.giveSlotsBack(user.id, [slot.keyId], left);
      await expect(taken()).resolves.toEqual([back]);
      await repository.giveSlotsBack(user.id, [slot.keyId], back.at);
      await expect(taken()).resolves.toEqual([]);
    });

    it('do not change if the release is for an unknown user or names no key', async () => {
      const slot = aSlot();
      await repository.takeSlot(user.id, slot, 3);
      await repository.giveSlotsBack(user.id, []);
      await repository.giveSlotsBack(aUser().id, [slot.keyId]);
      await expect(taken()).resolves.toEqual([slot]);
    });

    it('are neither lost nor duplicated when some are taken while others are released', async () => {
      const old = Array.from({ length: 20 }, () => aSlot());
      for (const slot of old) await repository.takeSlot(user.id, slot, 40);
      const fresh = Array.from({ length: 20 }, () => aSlot());
      await Promise.all([
        ...old.map(({ keyId }) => repository.giveSlotsBack(user.id, [keyId])),
        ...fresh.map((slot) => repository.takeSlot(user.id, slot, 40)),
      ]);
      await takenOnceEach(fresh.map(({ keyId }) => keyId));
    });
  });
}
