import type { User } from '../../src/users/domain/user';
import type { UserRepository } from '../../src/users/storage/user.repository';
import { aFullUser, aUser } from '../support/user-fixtures';

/** Checks what every store guarantees about removed users. */
export function describeUserRemoval(current: () => UserRepository): void {
  let repository: UserRepository;

  beforeEach(() => {
    repository = current();
  });

  const inserted = async (user: User): Promise<User> => {
    await repository.insert(user);
    return user;
  };
  const aKnownUser = async (): Promise<User> => inserted({ ...aFullUser(), removalPending: undefined });

  describe('a removed user', () => {
    it('keeps its id and the dates of creation and last sign-in, but no personal data', async () => {
      const user = await aKnownUser();
      await expect(repository.remove(user.id)).resolves.toBe(true);
      const found = await repository.find(user.id);
      expect(found).toEqual({
        id: user.id,
        issuer: 'urn:keyward:deleted',
        subject: user.id,
        emailVerified: false,
        status: 'deleted',
        removalPending: true,
        createdAt: user.createdAt,
        lastLoginAt: user.lastLoginAt,
        version: user.version + 1,
      });
      expect(JSON.stringify(found)).not.toMatch(/acme|Ada|subject of/);
    });

    it('is removed only at an expected version, and accepts that version again', async () => {
      const user = await aKnownUser();
      await expect(repository.remove(user.id, [user.version + 1])).resolves.toBe(false);
      await expect(repository.remove(user.id, [])).resolves.toBe(false);
      await expect(repository.find(user.id)).resolves.toMatchObject({
        status: user.status,
        version: user.version,
      });
      await expect(repository.remove(user.id, [7, user.version])).resolves.toBe(true);
      await expect(repository.find(user.id)).resolves.toMatchObject({ status: 'deleted' });
      await expect(repository.remove(user.id, [user.version])).resolves.toBe(true);
    });

    it('stays unchanged when it is removed again', async () => {
      const user = await aKnownUser();
      await repository.remove(user.id);
      await repository.finishRemoval(user.id);
      const after = await repository.find(user.id);
      await expect(repository.remove(user.id)).resolves.toBe(true);
      await expect(repository.find(user.id)).resolves.toEqual(after);
    });

    it('is changed only once when ten callers remove it concurrently', async () => {
      const user = await aKnownUser();
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => repository.remove(user.id)));
      expect(new Set(outcomes)).toEqual(new Set([true]));
      await expect(repository.find(user.id)).resolves.toMatchObject({ version: user.version + 1 });
    });

    it('is not created when an unknown id is removed', async () => {
      const { id } = aUser();
      await expect(repository.remove(id)).resolves.toBe(false);
      await expect(repository.find(id)).resolves.toBeNull();
    });

    it('can sign in again as a new user', async () => {
      const user = await aKnownUser();
      await repository.remove(user.id);
      await expect(repository.findBySubject(user.issuer, user.subject)).resolves.toBeNull();
      const reborn = await inserted(aUser({ issuer: user.issuer, subject: user.subject }));
      await expect(repository.findBySubject(user.issuer, user.subject)).resolves.toEqual(reborn);
      await expect(repository.find(user.id)).resolves.toMatchObject({ status: 'deleted' });
    });

    it('frees its username for another user', async () => {
      const [user, other] = [await aKnownUser(), await inserted(aUser())];
      const { username = '' } = user;
      await repository.remove(user.id);
      await expect(repository.change(other.id, 1, { username })).resolves.toMatchObject({ username });
    });

    it('does not block the removal of other users', async () => {
      const users = await Promise.all(Array.from({ length: 5 }, aKnownUser));
      for (const { id } of users) await expect(repository.remove(id)).resolves.toBe(true);
      await expect(repository.list({ limit: 10 })).resolves.toEqual([]);
    });

    it('cannot be changed by a request that began before the removal', async () => {
      const user = await aKnownUser();
      await repository.remove(user.id);
      await expect(repository.change(user.id, user.version, { status: 'active' })).resolves.toBeNull();
      await expect(repository.find(user.id)).resolves.toMatchObject({ status: 'deleted' });
    });
  });

  describe('unfinished removals', () => {
    it('are listed until they are finished', async () => {
      const [ada, grace, alan] = [await aKnownUser(), await aKnownUser(), await aKnownUser()];
      await expect(repository.pendingRemovals(10)).resolves.toEqual([]);
      await repository.remove(ada.id);
      await repository.remove(grace.id);
      const pending = await repository.pendingRemovals(10);
      expect(pending.toSorted()).toEqual([ada.id, grace.id].toSorted());

      await repository.finishRemoval(ada.id);
      await repository.finishRemoval(ada.id);
      await repository.finishRemoval(alan.id);
      await expect(repository.pendingRemovals(10)).resolves.toEqual([grace.id]);
      expect((await repository.find(ada.id))?.removalPending).toBeUndefined();
      await expect(repository.find(alan.id)).resolves.toEqual(alan);
    });

    it('are listed in pages', async () => {
      const users = await Promise.all(Array.from({ length: 5 }, aKnownUser));
      for (const { id } of users) await repository.remove(id);
      const seen: string[] = [];
      for (let page = await repository.pendingRemovals(2); page.length > 0;) {
        expect(page.length).toBeLessThanOrEqual(2);
        seen.push(...page);
        for (const id of page) await repository.finishRemoval(id);
        page = await repository.pendingRemovals(2);
      }
      expect(seen.toSorted()).toEqual(users.map(({ id }) => id).toSorted());
    });
  });
}
