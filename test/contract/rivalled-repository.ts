import type { ApiKey, ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import type {
  ApiKeyQuery,
  ApiKeyRepository,
  KeyOutline,
} from '../../src/api-keys/storage/api-key.repository';

/** A store in which another caller changes the key just before each of the first `losses` writes. */
export class RivalledRepository implements ApiKeyRepository {
  readonly durability = 'volatile';
  replaced = 0;

  constructor(
    private readonly inner: ApiKeyRepository,
    private readonly losses: number,
    private readonly rival: (before: ApiKeyWithHistory) => ApiKeyWithHistory,
  ) {}

  async prepare(): Promise<void> {
    return this.inner.prepare();
  }

  async insert(key: ApiKeyWithHistory): Promise<void> {
    return this.inner.insert(key);
  }

  async find(id: string): Promise<ApiKey | null> {
    return this.inner.find(id);
  }

  async findWithHistory(id: string): Promise<ApiKeyWithHistory | null> {
    return this.inner.findWithHistory(id);
  }

  async replace(key: ApiKeyWithHistory): Promise<boolean> {
    this.replaced += 1;
    if (this.replaced <= this.losses) {
      const before = await this.inner.findWithHistory(key.id);
      if (before === null || !(await this.inner.replace(this.rival(before)))) {
        throw new Error('the rival’s change was not applied first');
      }
    }
    return this.inner.replace(key);
  }

  async list(query: ApiKeyQuery): Promise<readonly ApiKey[]> {
    return this.inner.list(query);
  }

  async listOutlines(query: ApiKeyQuery): Promise<readonly KeyOutline[]> {
    return this.inner.listOutlines(query);
  }

  async findMany(ids: readonly string[]): Promise<readonly ApiKey[]> {
    return this.inner.findMany(ids);
  }
}
