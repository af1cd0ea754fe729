const REDIS_SCHEME = /^rediss?:\/\/[^/]/;
const DATABASE = /^\/?\d*$/;

/** Whether Redis can be reached by this address: `redis://` or `rediss://`, a host, and no database but a number. */
export function isRedisUrl(text: string): boolean {
  return REDIS_SCHEME.test(text) && URL.canParse(text) && DATABASE.test(new URL(text).pathname);
}
