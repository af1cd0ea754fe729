const REDIS_SCHEME = /^rediss?:\/\/[^/]/;
const DATABASE = /^\/?\d*$/;

/** Whether Redis can be reached by this address: `redis://` or `rediss://`, a host, and no database but a number. */
export function isRedisUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !REDIS_SCHEME.test(value) || !URL.canParse(value)) return false;
  return DATABASE.test(new URL(value).pathname);
}
