import { mongo } from 'mongoose';
import type { ApiKey, ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import { MemoryApiKeyRepository } from '../../src/api-keys/storage/memory-api-key.repository';
import { StorageConfig } from '../../src/config/storage.config';

/** Keeps keys in memory as BSON. Each read decodes the whole key, as a read from MongoDB does. */
export class BsonRepository extends MemoryApiKeyRepository {
  private readonly stored: string[] = [];

  constructor() {
    super(new StorageConfig().permitVolatile('keys'));
  }

  /** The ids of all keys, in insertion order. */
  ids(): readonly string[] {
    return this.stored;
  }

  override async insert(key: ApiKeyWithHistory): Promise<void> {
    await super.insert(key);
    this.stored.push(key.id);
  }

  override async find(id: string): Promise<ApiKey | null> {
    const found = await super.find(id);
    return found && (mongo.BSON.deserialize(mongo.BSON.serialize(found)) as ApiKey);
  }
}
