import type { FreshnessSettings } from '../../change-feed/change-feed';
import { MongoChangeFeed } from '../../change-feed/mongo-change-feed';
import type { StoresOf } from '../../mongo/open-store';
import type { ApiKeyRepository } from './api-key.repository';
import { API_KEY_MODEL, type ApiKeyDocument, ApiKeySchema } from './api-key.schema';
import { MemoryApiKeyRepository } from './memory-api-key.repository';
import { MongoApiKeyRepository } from './mongo-api-key.repository';

/** The stores available for keys. */
export function apiKeyStores(freshness: FreshnessSettings = {}): StoresOf<ApiKeyRepository> {
  return {
    records: 'API keys',
    memory: (permit) => new MemoryApiKeyRepository(permit),
    mongo: (connection) => {
      const model = connection.model<ApiKeyDocument>(API_KEY_MODEL, ApiKeySchema);
      return new MongoApiKeyRepository(model, MongoChangeFeed.of(model, freshness));
    },
  };
}
