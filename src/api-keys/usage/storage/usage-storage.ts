import type { StoresOf } from '../../../mongo/open-store';
import type { UsageRepository } from '../../ports/usage.repository';
import { MemoryUsageRepository } from './memory-usage.repository';
import { MongoUsageRepository } from './mongo-usage.repository';
import { USAGE_MODEL, type UsageDocument, UsageSchema } from './usage.schema';

/** The stores available for usage counts. */
export const USAGE_STORES: StoresOf<UsageRepository> = {
  records: 'usage counts',
  memory: (permit) => new MemoryUsageRepository(permit),
  mongo: (connection) => new MongoUsageRepository(connection.model<UsageDocument>(USAGE_MODEL, UsageSchema)),
};
