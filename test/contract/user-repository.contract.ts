import { types } from 'node:util';
import type { User } from '../../src/users/domain/user';
import { SubjectTakenError, type UserRepository } from '../../src/users/storage/user.repository';
import { aFullUser, aUser, nothingKnown } from '../support/user-fixtures';
import { describeUserChanges } from './user-changes.contract';
import { describeUserLists } from './user-lists.contract';
import type { OpenedUserRepository } from './user-opened-repository';
import { describeUserRemoval } from './user-removal.contract';

/**
 * Checks what every store of users guarantees.
 *
 * @param open returns an empty store, a new one each time
 */
export function describeUserRepository(open: () => Promise<OpenedUserRepository>): void {
  let opened: OpenedUserRepository;
  let repository: UserRepository;
  const current = (): UserRepository => repository;

  beforeEach(async () => {
    opened = await open();
    ({ repository } = opened);
  });

  afterEach(async () => {
    await opened.close();
  });

  describe('a user that signs in for the first time', () => {
    it.each<readonly [string, User]>([
      ['every member set', aFullUser()],
      ['only the required members', aUser()],
      ['every optional member undefined', aUser(nothingKnown())],
    ])('is stored unchanged, with %s', async (_how, user) => {
      await repository.insert(user);
      await expect(repository.find(user.id)).resolves.toEqual(user);
      await expect(repository.findBySubject(user.issuer, user.subject)).resolves.toEqual(user);
    });

    it('is returned with every date as a Date object', async () => {
      const user = aFullUser();
      await repository.insert(user);
      const found = await repository.find(user.id);
      const dates = [found?.createdAt, found?.lastLoginAt];
      expect(dates).toHaveLength(2);
      // Clones are made outside of jest’s realm, which has its own `Date`.
      for (const date of dates) expect(types.isDate(date)).toBe(true);
    });

    it('is not found under another id, subject or issuer', async () => {
      const user = aUser();
      await repository.insert(user);
      await expect(repository.find(aUser().id)).resolves.toBeNull();
      await expect(repository.findBySubject(user.issuer, 'somebody else')).resolves.toBeNull();
      await expect(repository.findBySubject('https://id.globex.example', user.subject)).resolves.toBeNull();
      await expect(repository.findBySubject(user.issuer, user.subject.toUpperCase())).resolves.toBeNull();
    });

    it('is rejected if a user with the subject exists, who stays unchanged', async () => {
      const user = aFullUser();
      await repository.insert(user);
      const again = aUser({ issuer: user.issuer, subject: user.subject });
      await expect(repository.insert(again)).rejects.toThrow(SubjectTakenError);
      await expect(repository.insert(user)).rejects.toThrow(SubjectTakenError);
      await expect(repository.find(user.id)).resolves.toEqual(user);
      await expect(repository.find(again.id)).resolves.toBeNull();
    });

    it('is a separate user for each issuer, even with the same subject', async () => {
      const [acme, globex] = ['https://id.acme.example', 'https://id.globex.example'].map((issuer) =>
        aUser({ issuer, subject: '1' }),
      );
      for (const user of [acme, globex]) if (user) await repository.insert(user);
      await expect(repository.findBySubject('https://id.acme.example', '1')).resolves.toEqual(acme);
      await expect(repository.findBySubject('https://id.globex.example', '1')).resolves.toEqual(globex);
    });

    it('is stored once when 50 sign-ins happen at once', async () => {
      const rivals = Array.from({ length: 50 }, () => aUser({ subject: 'one and the same' }));
      const outcomes = await Promise.allSettled(rivals.map((rival) => repository.insert(rival)));
      const winners = rivals.filter((_, n) => outcomes[n]?.status === 'fulfilled');
      const errors = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
      expect(winners).toHaveLength(1);
      expect(errors.filter((error) => error instanceof SubjectTakenError)).toHaveLength(49);
      await expect(repository.list({ limit: 100 })).resolves.toEqual(winners);
    });
  });

  describe('a user in the store', () => {
    it('does not change when the object that was stored is modified', async () => {
      const user = aFullUser();
      const asMade = structuredClone(user);
      await repository.insert(user);
      spoil(user);
      await expect(repository.find(asMade.id)).resolves.toEqual(asMade);

      const plain = aUser();
      await repository.insert(plain);
      const now = new Date('2031-01-01T00:00:00Z');
      const lastLoginAt = structuredClone(now);
      await repository.refresh(plain, { emailVerified: false }, now);
      spoil(now);
      await expect(repository.find(plain.id)).resolves.toEqual({ ...plain, lastLoginAt });
    });

    it('does not change when an object that was read is modified', async () => {
      const user = { ...aFullUser(), removalPending: undefined };
      await repository.insert(user);
      spoil(await repository.find(user.id));
      spoil(await repository.findBySubject(user.issuer, user.subject));
      spoil(await repository.list({ limit: 10 }));
      const renamed = await repository.change(user.id, user.version, { username: 'ada' });
      const expected = { ...user, username: 'ada', version: user.version + 1 };
      expect(renamed).toEqual(expected);
      spoil(renamed);
      await expect(repository.find(user.id)).resolves.toEqual(expected);
    });
  });

  describeUserChanges(current);
  describeUserRemoval(current);
  describeUserLists(current);
}

/** Changes a value in every mutable part. */
function spoil(value: unknown): void {
  if (types.isDate(value)) value.setTime(0);
  else if (typeof value === 'object' && value !== null) {
    for (const name of Object.keys(value)) {
      spoil(Reflect.get(value, name));
      Reflect.set(value, name, 'spoilt');
    }
  }
}
