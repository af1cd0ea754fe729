import type { User } from '../../src/users/domain/user';
import type { UserQuery, UserRepository } from '../../src/users/storage/user.repository';
import { aUser } from '../support/user-fixtures';

const SHARED = 'office@acme.example';

/** Checks what every store guarantees about lists of users. */
export function describeUserLists(current: () => UserRepository): void {
  describe('a list of users', () => {
    let repository: UserRepository;
    const people = [
      aUser({ email: SHARED, username: 'ada' }),
      aUser({ email: 'grace@globex.example', username: 'grace' }),
      aUser(),
      aUser({ email: SHARED, status: 'disabled' }),
      aUser({ email: SHARED.toUpperCase(), username: 'ada.king' }),
      aUser({ email: SHARED }),
    ];
    const removed = aUser({ email: SHARED, username: 'gone' });
    const newestFirst = people.toSorted((one, other) => (one.id < other.id ? 1 : -1));

    beforeEach(async () => {
      repository = current();
      // In an order that is neither that of the ids nor its reverse.
      const [even, odd] = [0, 1].map((rest) => people.filter((_, index) => index % 2 === rest));
      await Promise.all([...(odd ?? []), ...(even ?? []), removed].map((user) => repository.insert(user)));
      await repository.remove(removed.id);
    });

    it.each<Omit<UserQuery, 'limit'>>([
      {},
      { email: SHARED },
      { email: SHARED.toUpperCase() },
      { email: 'grace@globex.example' },
      { email: '' },
      { email: 'nobody@acme.example' },
      { username: 'ada' },
      { username: 'ad' },
      { username: 'gone' },
      { email: SHARED, username: 'ada' },
      { email: SHARED, username: 'grace' },
    ])('contains the users that match %j, newest first, and no others', async (query) => {
      const wanted = newestFirst.filter((user) =>
        Object.entries(query).every(([field, value]) => Reflect.get(user, field) === value),
      );
      await expect(repository.list({ ...query, limit: 100 })).resolves.toEqual(wanted);
      await expect(repository.list({ ...query, limit: 2 })).resolves.toEqual(wanted.slice(0, 2));

      const [first, second] = wanted;
      if (first !== undefined) {
        const rest = await repository.list({ ...query, before: first.id, limit: 1 });
        expect(rest).toEqual(second === undefined ? [] : [second]);
      }
    });

    it.each<Omit<UserQuery, 'limit'>>([{}, { email: SHARED }])(
      'contains every user once across the pages for %j, while new users sign in',
      async (query) => {
        const wanted = await repository.list({ ...query, limit: 100 });
        const seen: User[] = [];
        for (let before: string | undefined; ;) {
          const page = await repository.list({ ...query, before, limit: 2 });
          seen.push(...page);
          before = page.at(-1)?.id;
          if (before === undefined) break;
          await repository.insert(aUser({ email: SHARED }));
        }
        expect(seen).toEqual(wanted);
        expect(seen.length).toBeGreaterThan(2);
      },
    );

    it('contains as many users as requested, even more than MongoDB returns in one batch', async () => {
      const crowd = Array.from({ length: 130 }, () => aUser({ email: 'crowd@acme.example' }));
      await Promise.all(crowd.map((user) => repository.insert(user)));
      await expect(repository.list({ email: 'crowd@acme.example', limit: 120 })).resolves.toEqual(
        crowd.toReversed().slice(0, 120),
      );
    });
  });
}
