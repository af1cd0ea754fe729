import type { Connection } from 'mongoose';
import type { StorageConfig } from '../../../config/storage.config';
import { MemoryUsageRepository } from './memory-usage.repository';
import { MongoUsageRepository } from './mongo-usage.repository';
import { prepareStore } from '../../../mongo/prepare-store';
import { requiredConnection } from '../../../mongo/required-connection';
import type { UsageRepository, UsageStorage } from '../../ports/usage.repository';
import { USAGE_MODEL, type UsageDocument, UsageSchema } from './usage.schema';

/**
 * The repository for a chosen storage, ready to use, or `null` where usage is not recorded; under the same switch as
 * the keys'.
 *
 * @throws ConfigurationError if the storage is refused here, or MongoDB is chosen without a connection
 */
export async function openUsageStorage(
  storage: UsageStorage,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
): Promise<UsageRepository | null> {
  if (storage === 'off') return null;
  const repository = build(storage, storageConfig, connection);
  await prepareStore(repository, 'usage counts');
  return repository;
}

function build(
  storage: Exclude<UsageStorage, 'off'>,
  storageConfig: StorageConfig,
  connection: Connection | null | undefined,
): UsageRepository {
  if (storage === 'memory') {
    return new MemoryUsageRepository(storageConfig.permitVolatile('memory storage of usage counts'));
  }
  if (storage === 'mongo') {
    return new MongoUsageRepository(
      requiredConnection(connection).model<UsageDocument>(USAGE_MODEL, UsageSchema),
    );
  }
  return storageConfig.admit(storage, 'the repository given for usage counts');
}
