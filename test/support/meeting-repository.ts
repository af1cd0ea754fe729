import type { ApiKey, ApiKeyQuery, ApiKeyRepository, ApiKeyWithHistory, KeyOutline } from 'keyward';

/**
 * A store in which concurrent changes start from the same version: no `findWithHistory` returns before the expected
 * number of callers has read the key.
 */
export class MeetingRepository implements ApiKeyRepository {
  readonly durability;
  private readonly everybodyHasRead: Promise<void>;
  private meet: () => void = () => undefined;
  private read = 0;

  constructor(
    private readonly inner: ApiKeyRepository,
    private readonly expected: number,
  ) {
    this.durability = inner.durability;
    this.everybodyHasRead = new Promise((resolve) => (this.meet = resolve));
  }

  async findWithHistory(id: string): Promise<ApiKeyWithHistory | null> {
    const found = await this.inner.findWithHistory(id);
    this.read += 1;
    if (this.read === this.expected) this.meet();
    await this.everybodyHasRead;
    return found;
  }

  async prepare(): Promise<void> {
    return this.inner.prepare();
  }

  async insert(key: ApiKeyWithHistory): Promise<void> {
    return this.inner.insert(key);
  }

  async find(id: string): Promise<ApiKey | null> {
    return this.inner.find(id);
  }

  async replace(key: ApiKeyWithHistory): Promise<boolean> {
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
