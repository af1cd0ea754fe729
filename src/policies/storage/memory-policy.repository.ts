import { newestChangeId } from '../../api-keys/domain/history';
import type { PolicyEvent } from '../../api-keys/domain/key-event';
import { copyOf } from '../../api-keys/storage/memory-api-key.repository';
import { MemoryOutbox } from '../../api-keys/storage/memory-outbox';
import { LocalChangeFeed } from '../../change-feed/change-feed';
import { assertVolatilePermit, type VolatileStoragePermit } from '../../config/storage.config';
import { type Policy, policyEventOf, type PolicyWithHistory } from '../domain/policy';
import type { PolicyRepository } from './policy.repository';

/** Keeps policies in the memory of this process. For development and tests only. */
export class MemoryPolicyRepository implements PolicyRepository {
  readonly durability = 'volatile';
  readonly changes = new LocalChangeFeed();
  readonly outbox = new MemoryOutbox<PolicyEvent>();
  private readonly policies = new Map<string, PolicyWithHistory>();

  /** @throws ConfigurationError if the permit does not come from `StorageConfig` */
  constructor(permit: VolatileStoragePermit) {
    assertVolatilePermit(permit);
  }

  async prepare(): Promise<void> {}

  async find(id: string): Promise<Policy | null> {
    const found = await this.findWithHistory(id);
    if (found === null) return null;
    const { history: _history, historyDropped: _dropped, ...policy } = found;
    return policy;
  }

  async findWithHistory(id: string): Promise<PolicyWithHistory | null> {
    return copyOf(this.policies.get(id) ?? null);
  }

  async save(policy: PolicyWithHistory): Promise<boolean> {
    const stored = this.policies.get(policy.id);
    if ((stored?.version ?? 0) !== policy.version - 1) {
      const changeId = newestChangeId(policy);
      return stored?.history.some((entry) => entry.changeId === changeId) === true;
    }
    this.policies.set(policy.id, copyOf(policy));
    this.changes.announce(policy.id);
    this.outbox.push(policyEventOf(policy));
    return true;
  }
}
