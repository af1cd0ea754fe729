import { newKeyId } from '../../src/api-keys/domain/key-id';
import type { User } from '../../src/users/domain/user';

const ISSUER = 'https://id.acme.example';

/** Returns a new `Date` at each call, so that tests cannot affect each other by changing it. */
function born(): Date {
  return new Date('2030-01-02T03:04:05.678Z');
}

/** Returns a user without optional members, as after the first sign-in. The ids are in the order of the calls. */
export function aUser(fields: Partial<User> = {}): User {
  const id = newKeyId(born());
  return {
    id,
    issuer: ISSUER,
    subject: `subject of ${id}`,
    emailVerified: false,
    status: 'active',
    createdAt: born(),
    lastLoginAt: born(),
    version: 1,
    ...fields,
  };
}

/** Returns a user with every member set. The compiler reports a missing one. */
export function aFullUser(): Required<User> {
  const user = aUser();
  return {
    ...user,
    email: `${user.id}@acme.example`,
    emailVerified: true,
    name: 'Ada – Gräfin 🗝',
    picture: 'https://id.acme.example/ada.png',
    username: user.id,
    status: 'disabled',
    removalPending: true,
    lastLoginAt: new Date('2030-03-01T00:00:00.123Z'),
    version: 7,
  };
}

/** Returns every optional member of a user with the value undefined. */
export function nothingKnown(): Partial<User> {
  const required = new Set(Object.keys(aUser()));
  const optional = Object.keys(aFullUser()).filter((field) => !required.has(field));
  return Object.fromEntries(optional.map((field) => [field, undefined]));
}
