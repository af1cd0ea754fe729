import { type ChangeFeed, LocalChangeFeed, type ReadOptions } from '../../src/change-feed/change-feed';
import { noPolicy, type PolicyId, type PolicyState } from '../../src/api-keys/domain/policy-state';
import type { Policies } from '../../src/api-keys/ports/policies';

/** Policies in memory that a test changes, and a record of their reads. */
export class ScriptedPolicies implements Policies {
  /** The reads, in order. A linearizable read ends with `!`. */
  readonly reads: string[] = [];
  /** Fails the reads while it is set. */
  fault: Error | undefined;
  private readonly states = new Map<PolicyId, PolicyState>();

  /** @param changes the feed; a test that provides its own announces changes itself */
  constructor(readonly changes: ChangeFeed = new LocalChangeFeed()) {}

  async find(id: PolicyId, options?: ReadOptions): Promise<PolicyState> {
    this.reads.push(options?.linearizable === true ? `${id}!` : id);
    if (this.fault !== undefined) throw this.fault;
    return this.states.get(id) ?? noPolicy(id);
  }

  set(id: PolicyId, rules: Partial<PolicyState>): void {
    this.states.set(id, { ...noPolicy(id), exists: true, ...rules });
    this.announce(id);
  }

  remove(id: PolicyId): void {
    this.states.delete(id);
    this.announce(id);
  }

  private announce(id: PolicyId): void {
    if (this.changes instanceof LocalChangeFeed) this.changes.announce(id);
  }
}
