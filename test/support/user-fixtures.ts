import { newKeyId } from '../../src/api-keys/domain/key-id';
import type { KeySlot, User } from '../../src/users/domain/user';

const ISSUER = 'https://id.acme.example';

/** A `Date` of its own each time, so that a test that spoils one spoils no other's. */
function born(): Date {
  return new Date('2030-01-02T03:04:05.678Z');
}

/** Somebody who signed in for the first time and of whom nothing is known. Each is newer than the one before. */
export function aUser(fields: Partial<User> = {}): User {
  const id = newKeyId(born());
  return {
    id,
    issuer: ISSUER,
    subject: `subject of ${id}`,
    emailVerified: false,
    status: 'active',
    keySlots: [],
    createdAt: born(),
    lastLoginAt: born(),
    version: 1,
    ...fields,
  };
}

/** A user on whom everything is set; the compiler knows if something is not. */
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
    keySlots: [aSlot('2030-02-01T00:00:00.001Z'), aSlot('2030-02-02T00:00:00.999Z')],
    removalPending: true,
    lastLoginAt: new Date('2030-03-01T00:00:00.123Z'),
    version: 7,
  };
}

export function aSlot(at: string | Date = born()): KeySlot {
  return { keyId: newKeyId(born()), at: new Date(at) };
}

/** Each part that a user may lack, undefined. */
export function nothingKnown(): Partial<User> {
  const required = new Set(Object.keys(aUser()));
  const optional = Object.keys(aFullUser()).filter((field) => !required.has(field));
  return Object.fromEntries(optional.map((field) => [field, undefined]));
}
