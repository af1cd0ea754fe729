import { ConfigurationError } from '../config/configuration.error';

/**
 * Makes a store ready, indexes included. A service whose indexes are not there must not serve: it would be slow at
 * best, and without its uniqueness at worst.
 *
 * @param what is kept in the store, for the sentence the operator reads
 * @throws ConfigurationError if it cannot be made ready
 */
export async function prepareStore(store: { prepare(): Promise<void> }, what: string): Promise<void> {
  try {
    await store.prepare();
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
    throw new ConfigurationError(
      `the store of ${what} could not be made ready (${reason}): let the service build its indexes, or build them beforehand.`,
    );
  }
}
