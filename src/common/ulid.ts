import { monotonicFactory } from 'ulid';

/** Matches a lower-case ULID. */
export const ULID = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

const nextUlid = monotonicFactory();

/**
 * Returns a new lower-case ULID. Ids of one process sort in the order of their creation, even after a clock rollback.
 */
export function newUlid(now: Date): string {
  return nextUlid(now.getTime()).toLowerCase();
}

/** Returns whether `text` has the form of a lower-case ULID. */
export function isUlid(text: string): boolean {
  return ULID.test(text);
}
