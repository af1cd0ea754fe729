import { Injectable } from '@nestjs/common';
import { ConfigurationError } from '../problems/configuration.error';

const ENVIRONMENTS_WITH_VOLATILE_STORAGE: ReadonlySet<string> = new Set(['development', 'test']);

const issued = new WeakSet<object>();

/** The permission to keep records in memory only. Only {@link StorageConfig} issues it. */
export interface VolatileStoragePermit {
  readonly storage: 'volatile';
}

/** Whether a store keeps acknowledged writes when the process ends. */
export type Durability = 'durable' | 'volatile';

/**
 * Rejects volatile storage outside development and test. It reads `NODE_ENV` from the process on each call, so no
 * option, argument or configuration file of the host can override it.
 */
@Injectable()
export class StorageConfig {
  /**
   * Returns the permit that the constructor of a volatile store requires.
   *
   * @param store the name of the store in the error message
   * @throws ConfigurationError unless `NODE_ENV` is exactly `development` or `test`
   */
  permitVolatile(store: string): VolatileStoragePermit {
    const fault = environmentFault();
    if (fault !== undefined) {
      throw new ConfigurationError(
        `${store} would lose every record when the process ends, which is ${fault}: ` +
          'use MongoDB (MONGODB_URI) or another durable store, or set NODE_ENV=development for a first try.',
      );
    }
    const permit: VolatileStoragePermit = Object.freeze({ storage: 'volatile' });
    issued.add(permit);
    return permit;
  }

  /**
   * Rejects test helpers wherever volatile storage is rejected, because they create keys and move the clock.
   *
   * @param helper the name of the helper in the error message
   * @throws ConfigurationError unless `NODE_ENV` is exactly `development` or `test`
   */
  permitTesting(helper: string): void {
    const fault = environmentFault();
    if (fault !== undefined) {
      throw new ConfigurationError(
        `${helper} is for tests, and is ${fault}: set NODE_ENV=test in your tests.`,
      );
    }
  }

  /**
   * Returns the store if it is durable or volatile storage is allowed. A store without `durability` counts as volatile.
   *
   * @param name the name of the store in the error message
   * @throws ConfigurationError if the store is volatile and volatile storage is not allowed
   */
  admit<T extends { readonly durability?: Durability }>(store: T, name: string): T {
    if (store.durability !== 'durable') this.permitVolatile(name);
    return store;
  }
}

/**
 * Checks a permit. Every volatile store calls it in its constructor.
 *
 * @throws ConfigurationError if the permit does not come from {@link StorageConfig}
 */
export function assertVolatilePermit(permit: VolatileStoragePermit): void {
  if (!issued.has(permit)) {
    throw new ConfigurationError('a volatile store needs a permit from StorageConfig, and none was given.');
  }
}

/** Returns the reason why `NODE_ENV` does not allow volatile storage, or `undefined` if it does. */
function environmentFault(): string | undefined {
  const environment = process.env['NODE_ENV'];
  if (environment !== undefined && ENVIRONMENTS_WITH_VOLATILE_STORAGE.has(environment)) return undefined;
  const shown = environment === undefined ? 'unset' : JSON.stringify(environment);
  return `allowed only if NODE_ENV is exactly "development" or "test" (it is ${shown})`;
}
