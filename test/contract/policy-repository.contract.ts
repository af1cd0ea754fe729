import { types } from 'node:util';
import type { PolicyId } from '../../src/api-keys/domain/policy-state';
import { EventRelay } from '../../src/events/event-relay';
import { KeyEventPublisher } from '../../src/events/key-event.publisher';
import {
  NO_RULES,
  type Policy,
  policyEventOf,
  type PolicyWithHistory,
} from '../../src/policies/domain/policy';
import type { PolicyRepository } from '../../src/policies/storage/policy.repository';
import { StoredPolicies } from '../../src/policies/storage/stored-policies';
import { FULL_RULES, nextPolicy } from '../support/policy-fixtures';
import { openMemoryEvents } from './opened-events';
import { memoryRepository } from './opened-repository';

/** An empty store of policies. */
export interface OpenedPolicies {
  readonly policies: PolicyRepository;
  close(): Promise<void>;
}

const ACME: PolicyId = 'org:acme';
const GLOBEX: PolicyId = 'org:globex';

function withoutHistory({
  history: _history,
  historyDropped: _dropped,
  ...policy
}: PolicyWithHistory): Policy {
  return policy;
}

/**
 * Checks what every store of policies guarantees.
 *
 * @param open returns an empty store, a new one each time
 */
export function describePolicyRepository(open: () => Promise<OpenedPolicies>): void {
  let opened: OpenedPolicies;
  let policies: PolicyRepository;

  beforeEach(async () => {
    opened = await open();
    ({ policies } = opened);
  });
  afterEach(async () => opened.close());

  const made = async (id: PolicyId, rules = FULL_RULES): Promise<PolicyWithHistory> => {
    const policy = nextPolicy(id, null, rules);
    await expect(policies.save(policy)).resolves.toBe(true);
    return policy;
  };

  describe('a policy', () => {
    it.each([
      ['every rule', FULL_RULES],
      ['no rule', NO_RULES],
      ['a list that allows no scope', { ...NO_RULES, allowedScopes: [] }],
    ])('with %s is stored unchanged, beside the policy of another organisation', async (_what, rules) => {
      const [acme, globex] = [await made(ACME, rules), await made(GLOBEX)];
      await expect(policies.findWithHistory(ACME)).resolves.toEqual(acme);
      await expect(policies.find(ACME)).resolves.toEqual(withoutHistory(acme));
      await expect(policies.find(GLOBEX)).resolves.toEqual(withoutHistory(globex));
    });

    it('is returned with every date as a Date object', async () => {
      await made(ACME);
      const found = await policies.findWithHistory(ACME);
      const dates = [found?.createdAt, found?.updatedAt, found?.history[0]?.at];
      for (const date of dates) expect(types.isDate(date)).toBe(true);
    });

    it('is not found under another id', async () => {
      await made(ACME);
      for (const id of ['org:ACME', 'owner:acme', 'default', 'org:acme2'] as const) {
        await expect(policies.find(id)).resolves.toBeNull();
        await expect(policies.findWithHistory(id)).resolves.toBeNull();
      }
    });

    it('loses the rules that a change removes, and keeps a tombstone without rules when it is deleted', async () => {
      const first = await made(ACME);
      const second = nextPolicy(ACME, first, NO_RULES);
      await expect(policies.save(second)).resolves.toBe(true);
      await expect(policies.findWithHistory(ACME)).resolves.toEqual(second);
      const gone = nextPolicy(ACME, second, null);
      await expect(policies.save(gone)).resolves.toBe(true);
      await expect(policies.find(ACME)).resolves.toEqual(withoutHistory(gone));
      const again = nextPolicy(ACME, gone, FULL_RULES);
      await expect(policies.save(again)).resolves.toBe(true);
      await expect(policies.findWithHistory(ACME)).resolves.toEqual(again);
      expect(again).toMatchObject({ version: 4, deletedAt: undefined });
    });

    it('is stored once if its write is repeated, and not over another change', async () => {
      const first = await made(ACME);
      await expect(policies.save(first)).resolves.toBe(true);
      await expect(policies.save(nextPolicy(ACME, null, NO_RULES))).resolves.toBe(false);
      const second = nextPolicy(ACME, first, NO_RULES);
      await expect(policies.save(second)).resolves.toBe(true);
      await expect(policies.save(second)).resolves.toBe(true);
      await expect(policies.save(nextPolicy(ACME, first, { ...NO_RULES, maxKeys: 1 }))).resolves.toBe(false);
      await expect(policies.findWithHistory(ACME)).resolves.toEqual(second);
      expect((await policies.outbox.pending(10))[0]?.events).toHaveLength(2);
    });

    it('that does not exist is not created by a change of a later version', async () => {
      const later = nextPolicy(ACME, nextPolicy(ACME, null, FULL_RULES), NO_RULES);
      await expect(policies.save(later)).resolves.toBe(false);
      await expect(policies.find(ACME)).resolves.toBeNull();
    });

    it('is created by one of 50 concurrent writes, and changed by one of 50', async () => {
      const saved = async (writes: readonly PolicyWithHistory[]): Promise<readonly PolicyWithHistory[]> => {
        const stored = await Promise.all(writes.map(async (each) => policies.save(each)));
        return writes.filter((_, n) => stored[n]);
      };
      const fifty = Array.from({ length: 50 }, (_, n) => ({ ...NO_RULES, maxKeys: n + 1 }));
      const created = await saved(fifty.map((rules) => nextPolicy(ACME, null, rules)));
      expect(created).toHaveLength(1);
      const [first = null] = created;
      const changed = await saved(
        fifty.map(({ maxKeys }) => nextPolicy(ACME, first, { ...NO_RULES, maxTtlDays: maxKeys })),
      );
      expect(changed).toHaveLength(1);
      await expect(policies.findWithHistory(ACME)).resolves.toEqual(changed[0]);
    });

    it('keeps its creation and its last 100 changes', async () => {
      let policy = await made(ACME);
      for (let n = 1; n <= 110; n += 1) {
        policy = nextPolicy(ACME, policy, { ...NO_RULES, maxKeys: n });
        await policies.save(policy);
      }
      const { history = [], historyDropped } = (await policies.findWithHistory(ACME)) ?? {};
      expect([history.length, historyDropped, history[0]?.action]).toEqual([101, 10, 'created']);
      expect(history.slice(1).map(({ version }) => version)).toEqual(
        Array.from({ length: 100 }, (_, n) => n + 12),
      );
    });

    it('is announced by its change feed after each change', async () => {
      const changed: string[] = [];
      const stop = policies.changes?.subscribe({
        changed: (id) => void changed.push(id),
        everythingChanged: () => undefined,
      });
      const first = await made(ACME);
      await policies.save(nextPolicy(ACME, first, null));
      stop?.();
      expect(changed.filter((id) => id === ACME).length).toBeGreaterThanOrEqual(2);
    });
  });

  describe('the state of a policy for decisions', () => {
    it('restricts nothing unless the policy exists', async () => {
      const port = new StoredPolicies(policies);
      const nothing = { id: ACME, exists: false, suspended: false, rateLimits: [] };
      await expect(port.find(ACME)).resolves.toEqual(nothing);
      const first = await made(ACME);
      const { status: _status, reason: _reason, ...rules } = FULL_RULES;
      await expect(port.find(ACME)).resolves.toEqual({ id: ACME, exists: true, suspended: true, ...rules });
      const resumed = nextPolicy(ACME, first, NO_RULES);
      await policies.save(resumed);
      await expect(port.find(ACME)).resolves.toEqual({ ...nothing, exists: true });
      await policies.save(nextPolicy(ACME, resumed, null));
      await expect(port.find(ACME)).resolves.toEqual(nothing);
    });
  });

  describe('the events of policies', () => {
    it('wait with the policy until they are removed, and a removal leaves later ones', async () => {
      const acme = await made(ACME);
      const globex = await made(GLOBEX);
      const [oldest, next] = await policies.outbox.pending(10);
      expect(oldest).toEqual({ keyId: ACME, version: 1, events: [policyEventOf(acme)] });
      expect(next).toEqual({ keyId: GLOBEX, version: 1, events: [policyEventOf(globex)] });
      await expect(policies.outbox.oldestPending()).resolves.toEqual(acme.updatedAt);
      expect(await policies.outbox.pending(1)).toHaveLength(1);

      const changed = nextPolicy(ACME, acme, NO_RULES);
      await policies.save(changed);
      for (const waiting of [oldest, next]) if (waiting !== undefined) await policies.outbox.settle(waiting);
      expect((await policies.outbox.pending(10)).map(({ events }) => events)).toEqual([
        [policyEventOf(changed)],
      ]);
      await expect(policies.findWithHistory(ACME)).resolves.toEqual(changed);
    });

    it('reach the audit trail once, even if an instance dies before it clears the outbox', async () => {
      const { events } = await openMemoryEvents();
      const relay = new EventRelay(
        memoryRepository(),
        policies.outbox,
        async (event) => events.add(event, new Date(0)),
        new KeyEventPublisher(),
        { now: () => new Date() },
      );
      const first = await made('owner:01jd8x4k2m6n8p0q2r4s6t8v0w');
      const dying = jest.spyOn(policies.outbox, 'settle').mockRejectedValue(new Error('killed'));
      await expect(relay.relay(() => true)).rejects.toThrow('killed');
      dying.mockRestore();
      const second = nextPolicy(first.id, first, null);
      await policies.save(second);
      await relay.relay(() => true);
      await relay.relay(() => true);
      const trail = await events.list({ limit: 10 });
      expect(trail.map(({ delivery: _delivery, ...event }) => event)).toEqual(
        [second, first].map((policy) => policyEventOf(policy)),
      );
      const due = await events.dueOf(first.id, new Date(), 10);
      expect(due.map(({ version }) => version)).toEqual([1, 2]);
      await expect(policies.outbox.pending(10)).resolves.toEqual([]);
    });
  });
}
