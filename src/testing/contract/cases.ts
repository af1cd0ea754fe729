import type { ApiKeyRepository } from '../../api-keys/storage/api-key.repository';

/** Checks by their titles. Each gets an empty repository, ready to use, and rejects with an `AssertionError`. */
export type Cases = Readonly<Record<string, (repository: ApiKeyRepository) => Promise<void>>>;
