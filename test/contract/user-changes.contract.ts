import type { User, UserProfile } from '../../src/users/domain/user';
import { type UserRepository, UsernameTakenError } from '../../src/users/storage/user.repository';
import { aFullUser, aUser } from '../support/user-fixtures';

const LATER = new Date('2031-01-01T00:00:00.001Z');
const EARLIER = new Date('2029-01-01T00:00:00.001Z');

/** Checks what every store guarantees about later sign-ins, and about changes of status and username. */
export function describeUserChanges(current: () => UserRepository): void {
  let repository: UserRepository;

  beforeEach(() => {
    repository = current();
  });

  const inserted = async (user: User): Promise<User> => {
    await repository.insert(user);
    return user;
  };

  describe('a user that signs in again', () => {
    const profile: Required<UserProfile> = {
      email: 'ada@globex.example',
      emailVerified: false,
      name: 'Ada King',
      picture: 'https://id.acme.example/king.png',
    };

    it('gets the new profile and sign-in time, and nothing else changes', async () => {
      const user = await inserted(aFullUser());
      await repository.refresh(user, profile, LATER);
      await expect(repository.find(user.id)).resolves.toEqual({ ...user, ...profile, lastLoginAt: LATER });
    });

    it.each(['email', 'name', 'picture'] as const)(
      'loses the %s if the provider no longer sends it',
      async (part) => {
        const user = await inserted(aFullUser());
        await repository.refresh(user, { ...profile, [part]: undefined }, LATER);
        const found = await repository.find(user.id);
        expect(found).toEqual({ ...user, ...profile, [part]: undefined, lastLoginAt: LATER });
        expect(found?.[part]).toBeUndefined();
      },
    );

    it('loses the whole profile when the provider sends none, and gets it back later', async () => {
      const user = await inserted(aFullUser());
      await repository.refresh(user, { emailVerified: false }, LATER);
      const { email: _e, name: _n, picture: _p, ...rest } = user;
      await expect(repository.find(user.id)).resolves.toEqual({
        ...rest,
        emailVerified: false,
        lastLoginAt: LATER,
      });
      await repository.refresh(user, profile, LATER);
      await expect(repository.find(user.id)).resolves.toMatchObject(profile);
    });

    it('keeps the latest sign-in time, even when sign-ins arrive in the wrong order', async () => {
      const user = await inserted(aUser());
      for (const at of [LATER, EARLIER]) await repository.refresh(user, profile, at);
      await expect(repository.find(user.id)).resolves.toMatchObject({ lastLoginAt: LATER });
    });

    it('keeps the version, so that a change based on that version still succeeds', async () => {
      const user = await inserted(aUser());
      await repository.refresh(user, profile, LATER);
      await expect(repository.change(user.id, user.version, { username: 'ada' })).resolves.toMatchObject({
        ...profile,
        username: 'ada',
        version: 2,
      });
    });

    it('stays unchanged if the id, the issuer or the subject of the sign-in differs', async () => {
      const user = await inserted(aUser());
      for (const part of ['id', 'issuer', 'subject']) {
        await repository.refresh({ ...user, [part]: 'another' }, profile, LATER);
      }
      await expect(repository.find(user.id)).resolves.toEqual(user);
      await expect(repository.list({ limit: 10 })).resolves.toEqual([user]);
    });

    it('stays deleted if the user is removed during the sign-in', async () => {
      const user = await inserted(aFullUser());
      await repository.remove(user.id);
      const deleted = await repository.find(user.id);
      await repository.refresh(user, profile, LATER);
      await expect(repository.find(user.id)).resolves.toEqual(deleted);
    });
  });

  describe('a change of a user', () => {
    it.each<readonly [string, Parameters<UserRepository['change']>[2], Partial<User>]>([
      ['enables a user', { status: 'active' }, { status: 'active' }],
      ['sets the username', { username: 'grace' }, { username: 'grace' }],
      ['removes the username', { username: null }, { username: undefined }],
      [
        'changes several fields at once',
        { status: 'active', username: null },
        { status: 'active', username: undefined },
      ],
    ])('%s and increments the version', async (_deed, change, expected) => {
      const user = await inserted(aFullUser());
      const after = { ...user, ...expected, version: user.version + 1 };
      await expect(repository.change(user.id, user.version, change)).resolves.toEqual(after);
      const found = await repository.find(user.id);
      expect(found).toEqual(after);
      expect(found?.username).toBe(after.username);
    });

    it.each([6, 8])('returns null and writes nothing when the version is %i', async (version) => {
      const user = await inserted(aFullUser());
      await expect(repository.change(user.id, version, { status: 'active' })).resolves.toBeNull();
      await expect(repository.find(user.id)).resolves.toEqual(user);
    });

    it('returns null for an unknown user and does not create it', async () => {
      const { id, version } = aUser();
      await expect(repository.change(id, version, { username: 'ada' })).resolves.toBeNull();
      await expect(repository.find(id)).resolves.toBeNull();
    });

    it('succeeds for exactly one of 30 changes from the same version', async () => {
      const user = await inserted(aUser());
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          repository.change(user.id, user.version, { username: `name-${n}` }),
        ),
      );
      const winners = outcomes.filter((outcome) => outcome !== null);
      expect(winners).toHaveLength(1);
      await expect(repository.find(user.id)).resolves.toEqual(winners[0]);
    });
  });

  describe('a username', () => {
    it('belongs to one user only', async () => {
      const [ada, grace] = [await inserted(aUser()), await inserted(aUser())];
      await repository.change(ada.id, 1, { username: 'ada' });
      const theft = repository.change(grace.id, 1, { username: 'ada', status: 'disabled' });
      await expect(theft).rejects.toThrow(UsernameTakenError);
      await expect(repository.find(grace.id)).resolves.toEqual(grace);
      await expect(repository.list({ username: 'ada', limit: 10 })).resolves.toMatchObject([{ id: ada.id }]);
    });

    it('can be set again by the user who has it', async () => {
      const ada = await inserted(aUser());
      await repository.change(ada.id, 1, { username: 'ada' });
      await expect(repository.change(ada.id, 2, { username: 'ada' })).resolves.toMatchObject({
        username: 'ada',
        version: 3,
      });
    });

    it('is free after its user removed it', async () => {
      const [ada, grace] = [await inserted(aUser()), await inserted(aUser())];
      await repository.change(ada.id, 1, { username: 'countess' });
      await repository.change(ada.id, 2, { username: null });
      await expect(repository.change(grace.id, 1, { username: 'countess' })).resolves.toMatchObject({
        username: 'countess',
      });
    });

    it('can be missing for any number of users, even if they had the same one before', async () => {
      const users = await Promise.all(Array.from({ length: 5 }, async () => inserted(aUser())));
      for (const { id } of users) {
        await repository.change(id, 1, { username: 'passing' });
        await repository.change(id, 2, { username: null });
      }
      await expect(repository.list({ limit: 10 })).resolves.toHaveLength(5);
    });

    it('goes to one of 20 users who request it at once', async () => {
      const users = await Promise.all(Array.from({ length: 20 }, async () => inserted(aUser())));
      const outcomes = await Promise.allSettled(
        users.map(({ id }) => repository.change(id, 1, { username: 'ada' })),
      );
      const errors = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
      expect(errors.filter((error) => error instanceof UsernameTakenError)).toHaveLength(19);
      const named = (await repository.list({ limit: 50 })).filter(({ username }) => username === 'ada');
      expect(named).toHaveLength(1);
    });
  });
}
