import { Injectable } from '@nestjs/common';
import { ConfigurationError } from '../problems/configuration.error';

const ENVIRONMENTS_WITH_VOLATILE_STORAGE: ReadonlySet<string> = new Set(['development', 'test']);

const issued = new WeakSet<object>();

/** The right to keep records in memory only. Given by {@link StorageConfig} and by nothing else. */
export interface VolatileStoragePermit {
  readonly storage: 'volatile';
}

/** Whether a store keeps what it acknowledged when its process ends. */
export type Durability = 'durable' | 'volatile';

/**
 * Blocks volatile storage outside development and test. The environment is asked itself, at the moment of the
 * question: no option, argument or configuration file of a host can answer in its place.
 */
@Injectable()
export class StorageConfig {
  /**
   * The permit that a volatile store's constructor demands.
   *
   * @param store what would be volatile, for the sentence the operator reads
   * @throws ConfigurationError unless `NODE_ENV` is exactly `development` or `test`
   */
  permitVolatile(store: string): VolatileStoragePermit {
    const environment = process.env['NODE_ENV'];
    if (environment === undefined || !ENVIRONMENTS_WITH_VOLATILE_STORAGE.has(environment)) {
      throw new ConfigurationError(
        `${store} would lose every record when the process ends, which is refused unless NODE_ENV is exactly ` +
          `"development" or "test" (it is ${environment === undefined ? 'unset' : JSON.stringify(environment)}): ` +
          'use MongoDB (MONGODB_URI) or another durable store.',
      );
    }
    const permit: VolatileStoragePermit = Object.freeze({ storage: 'volatile' });
    issued.add(permit);
    return permit;
  }

  /**
   * Lets a store in: a durable one as it is, any other only where volatile storage is permitted. A store that
   * declares nothing counts as volatile.
   *
   * @throws ConfigurationError if the store is not durable and volatile storage is refused
   */
  admit<T extends { readonly durability?: Durability }>(store: T, name: string): T {
    if (store.durability !== 'durable') this.permitVolatile(name);
    return store;
  }
}

/**
 * Called by the constructor of every volatile store.
 *
 * @throws ConfigurationError if the permit does not come from {@link StorageConfig}
 */
export function assertVolatilePermit(permit: VolatileStoragePermit): void {
  if (!issued.has(permit)) {
    throw new ConfigurationError('a volatile store needs a permit of StorageConfig: none was given.');
  }
}
