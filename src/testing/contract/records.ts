import assert from 'node:assert/strict';
import { isDate } from 'node:util/types';

/**
 * Asserts that two records, or lists of records, are equal. A member that is `undefined` equals a missing one, because
 * stores may leave it out.
 *
 * @throws AssertionError with the difference
 */
export function assertSame(actual: unknown, expected: unknown): void {
  assert.deepEqual(comparable(actual), comparable(expected));
}

/** Copies a value deeply, because runners such as Jest give a store and its tests different classes of the same name. */
function comparable(value: unknown): unknown {
  if (isDate(value)) return new Date(value);
  if (Array.isArray(value)) return Array.from(value, comparable);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(members.map(([name, each]) => [name, comparable(each)]));
}

/** Returns a deep copy of a record. */
export function copyOf<T>(record: T): T {
  return comparable(record) as T;
}

/** Overwrites every mutable part of a value. */
export function ruin(value: unknown): void {
  if (isDate(value)) value.setTime(0);
  else if (typeof value === 'object' && value !== null) {
    for (const name of Object.keys(value)) {
      ruin(Reflect.get(value, name));
      Reflect.set(value, name, 'ruined');
    }
  }
}
