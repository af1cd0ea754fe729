import { isNativeError } from 'node:util/types';

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
    if (isMissing(error) && error.message.split('\n', 1)[0]?.includes(name) === true) return undefined;
    throw error;
  }
}

// Not `instanceof Error`: an error of Jest's own require is of another realm than the code that it runs.
function isMissing(error: unknown): error is Error {
  return isNativeError(error) && 'code' in error && error.code === 'MODULE_NOT_FOUND';
}
