import type { Connection } from 'mongoose';
import type { StorageConfig } from '../../config/storage.config';
import type { ApiKeyRepository, ApiKeyStorage } from './api-key.repository';
import type { FreshnessSettings } from '../../change-feed/change-feed';
import { API_KEY_MODEL, type ApiKeyDocument, ApiKeySchema } from './api-key.schema';
import { MemoryApiKeyRepository } from './memory-api-key.repository';
import { MongoChangeFeed } from '../../change-feed/mongo-change-feed';
import { prepareStore } from '../../mongo/prepare-store';
import { requiredConnection } from '../../mongo/required-connection';
import { MongoApiKeyRepository } from './mongo-api-key.repository';

/**
 * The repository for a chosen storage, ready to use. The choice is final: no storage ever stands in for
 * another.
 *
 * @throws ConfigurationError if the storage is refused here, or MongoDB is chosen without a connection
 */
export async function openApiKeyStorage(
  storage: ApiKeyStorage,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
  freshness: FreshnessSettings = {},
): Promise<ApiKeyRepository> {
  const repository = build(storage, storageConfig, connection, freshness);
  await prepareStore(repository, 'API keys');
  return repository;
}

function build(
  storage: ApiKeyStorage,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
  freshness: FreshnessSettings,
): ApiKeyRepository {
  if (storage === 'memory') {
    return new MemoryApiKeyRepository(storageConfig.permitVolatile('memory storage of API keys'));
  }
  if (storage === 'mongo') {
    const model = requiredConnection(connection).model<ApiKeyDocument>(API_KEY_MODEL, ApiKeySchema);
    return new MongoApiKeyRepository(model, MongoChangeFeed.of(model, freshness));
  }
  return storageConfig.admit(storage, 'the repository given for API keys');
}
