/** The remedy in error messages about an invalid Redis URL. */
export const REDIS_URL_REMEDY =
  'use redis:// or rediss:// and a host, or redis+cluster:// or rediss+cluster:// and hosts separated by commas; percent-encode the user name and the password, and give the database as a number';

const REDIS_SCHEME = /^rediss?:\/\/[^/]/;
const CLUSTER =
  /^(?<scheme>rediss?)\+cluster:\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/?#]+)$/;
const DATABASE = /^\/?\d*$/;

/** A Redis cluster. */
export interface RedisCluster {
  /** The URLs of some nodes, from which clients learn the others. */
  readonly nodes: readonly string[];
  readonly credentials: { readonly username?: string; readonly password?: string };
  readonly isTls: boolean;
}

/**
 * Returns whether a value is a Redis URL: `redis://` or `rediss://`, a host, and optionally the number of a database. A cluster
 * has `redis+cluster://` or `rediss+cluster://`, and one or more hosts separated by commas.
 */
export function isRedisUrl(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (CLUSTER.test(value)) return isEncoded(value) && clusterIn(value)?.nodes.every(isServerUrl) === true;
  return isServerUrl(value);
}

/** Returns the cluster that a valid Redis URL names; `undefined` if it names a single server. */
export function clusterIn(url: string): RedisCluster | undefined {
  const { scheme, user = '', password = '', hosts } = CLUSTER.exec(url)?.groups ?? {};
  if (scheme === undefined || hosts === undefined) return undefined;
  return {
    nodes: hosts.split(',').map((host) => `${scheme}://${host}`),
    credentials: {
      ...(user !== '' && { username: decodeURIComponent(user) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
    },
    isTls: scheme === 'rediss',
  };
}

function isServerUrl(value: string): boolean {
  if (!REDIS_SCHEME.test(value) || !URL.canParse(value)) return false;
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
