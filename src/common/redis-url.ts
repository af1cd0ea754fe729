/** What is told of any other address. */
export const REDIS_URL_REMEDY =
  'use redis:// or rediss://, a percent-encoded user and password if any, a host, and no database but a number';

const REDIS_SCHEME = /^rediss?:\/\/[^/]/;
const DATABASE = /^\/?\d*$/;

/** Whether Redis can be reached by this address: `redis://` or `rediss://`, a host, and no database but a number. */
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
