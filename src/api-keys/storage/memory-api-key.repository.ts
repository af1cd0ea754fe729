import { isDate } from 'node:util/types';
import { assertVolatilePermit, type VolatileStoragePermit } from '../../config/storage.config';
import type { ApiKey, ApiKeyWithHistory } from '../domain/api-key';
import { newestChangeId } from '../domain/history';
import { changeEventOf } from '../domain/key-event';
import {
  type ApiKeyQuery,
  type ApiKeyRepository,
  KeyIdTakenError,
  type KeyOutline,
} from './api-key.repository';
import { LocalChangeFeed } from '../../change-feed/change-feed';
import { MemoryKeyOutbox } from './memory-outbox';
import { MemoryKeySlots } from './memory-slots';

/** Keeps keys in the memory of this process. For development and tests only. */
export class MemoryApiKeyRepository implements ApiKeyRepository {
  readonly durability = 'volatile';
  readonly changes = new LocalChangeFeed();
  readonly outbox: MemoryKeyOutbox;
  private readonly keys = new Map<string, ApiKeyWithHistory>();
  readonly slots = new MemoryKeySlots(() => this.keys.values());

  /** @throws ConfigurationError if the permit does not come from `StorageConfig` */
  constructor(permit: VolatileStoragePermit) {
    assertVolatilePermit(permit);
    this.outbox = new MemoryKeyOutbox(() =>
      [...this.keys.values()].map((key) => withoutHistory(copyOf(key))),
    );
  }

  async prepare(): Promise<void> {}

  async insert(key: ApiKeyWithHistory): Promise<void> {
    if (this.stands(key)) return;
    if (this.keys.has(key.id)) throw new KeyIdTakenError(key.id);
    this.keys.set(key.id, copyOf(key));
    this.changes.announce(key.id);
    this.outbox.push(changeEventOf(copyOf(key)));
  }

  async find(id: string): Promise<ApiKey | null> {
    const found = this.keys.get(id);
    return found === undefined ? null : withoutHistory(copyOf(found));
  }

  async findWithHistory(id: string): Promise<ApiKeyWithHistory | null> {
    return copyOf(this.keys.get(id) ?? null);
  }

  async replace(key: ApiKeyWithHistory): Promise<boolean> {
    const stored = this.keys.get(key.id);
    if (stored?.version !== key.version - 1) return this.stands(key);
    const { createdAt, createdBy } = stored;
    this.keys.set(key.id, copyOf({ ...key, createdAt, createdBy }));
    this.changes.announce(key.id);
    this.outbox.push(changeEventOf(copyOf(key)));
    return true;
  }

  async announceAgain(id: string): Promise<void> {
    this.changes.announce(id);
  }

  async list({
    ownerId,
    orgId,
    projectId,
    externalId,
    before,
    limit,
  }: ApiKeyQuery): Promise<readonly ApiKey[]> {
    return [...this.keys.values()]
      .filter(
        (key) =>
          (ownerId === undefined || key.ownerId === ownerId) &&
          (orgId === undefined || key.orgId === orgId) &&
          (projectId === undefined || key.projectId === projectId) &&
          (externalId === undefined || key.externalId === externalId) &&
          (before === undefined || key.id < before),
      )
      .toSorted((one, other) => (one.id < other.id ? 1 : -1))
      .slice(0, limit)
      .map((key) => withoutHistory(copyOf(key)));
  }

  async listOutlines(query: ApiKeyQuery): Promise<readonly KeyOutline[]> {
    const keys = await this.list(query);
    return keys.map(({ id, ownerId, orgId, projectId, externalId, enabled, expiresAt, revokedAt }) => ({
      id,
      ownerId,
      orgId,
      projectId,
      externalId,
      enabled,
      expiresAt,
      revokedAt,
    }));
  }

  async findMany(ids: readonly string[]): Promise<readonly ApiKey[]> {
    const found = await Promise.all([...new Set(ids)].map(async (id) => this.find(id)));
    return found.flatMap((key) => key ?? []).toSorted((one, other) => (one.id < other.id ? 1 : -1));
  }

  private stands(key: ApiKeyWithHistory): boolean {
    const changeId = newestChangeId(key);
    const history = this.keys.get(key.id)?.history ?? [];
    return history.some((entry) => entry.changeId === changeId);
  }
}

function withoutHistory(key: ApiKeyWithHistory): ApiKey {
  const { history: _history, historyDropped: _dropped, imposed: _imposed, ...rest } = key;
  return rest;
}

/**
 * Returns a deep copy. `structuredClone` is not used, because under Jest its dates are not instances of a test's
 * `Date`.
 */
export function copyOf<T>(value: T): T;
export function copyOf(value: unknown): unknown {
  if (isDate(value)) return new Date(value);
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copyOf(each)]));
}
