/** Returns a new key id. */
export { newUlid as newKeyId } from '../../common/ulid';

/** The format of a key id. */
export const KEY_ID = /^[0-7z][0-9a-hjkmnp-tv-z]{25}$/;

/**
 * Returns whether `text` has the format of a key id: a lower-case ULID, or `z` and 25 digits for an imported key.
 * Does not check whether such a key exists.
 */
export function isKeyId(text: unknown): text is string {
  return typeof text === 'string' && KEY_ID.test(text);
}

/** Returns whether the key with this id was imported. Such a key may be older than its record. */
export function isImportedKeyId(id: string): boolean {
  return id.startsWith('z');
}
