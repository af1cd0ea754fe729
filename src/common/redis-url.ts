/** The remedy in error messages about an invalid Redis URL. */
export const REDIS_URL_REMEDY =
  'use redis:// or rediss:// and a host; percent-encode the user name and the password, and give the database as a number';

const REDIS_SCHEME = /^rediss?:\/\/[^/]/;
const DATABASE = /^\/?\d*$/;

/**
 * Returns whether a value is a Redis URL: `redis://` or `rediss://`, a host, and optionally the number of a database.
 */
export function isRedisUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !REDIS_SCHEME.test(value) || !URL.canParse(value)) return false;
  const { hostname, pathname, searchParams, username, password } = new URL(value);
  const databases = [pathname, ...searchParams.getAll('db')];
  return hostname !== '' && databases.every((name) => DATABASE.test(name)) && isEncoded(username + password);
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
