import type { ApiKeyRepository } from '../../api-keys/storage/api-key.repository';

/**
 * Checks by title. Each check receives an empty, prepared repository, and rejects with an `AssertionError` if it fails.
 */
export type Cases = Readonly<Record<string, (repository: ApiKeyRepository) => Promise<void>>>;
