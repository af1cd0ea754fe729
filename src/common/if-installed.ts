/**
 * Returns an optional package, or `undefined` if it is not installed.
 *
 * @param load requires the package
 * @throws the error of a package that is installed but cannot be loaded, for example because a dependency is missing
 * @example const redis = ifInstalled('ioredis', loadRedis);
 */
export function ifInstalled<T>(name: string, load: () => T): T | undefined {
  try {
    return load();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith(`Cannot find module '${name}'`)) return undefined;
    throw error;
  }
}
