import type { ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import { changeEventOf } from '../../src/api-keys/domain/key-event';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import type { PendingEvents } from '../../src/api-keys/ports/outbox';
import type { KeyOutbox } from '../../src/api-keys/storage/key-outbox';
import {
  aFullKey,
  aKey,
  ALICE,
  changed,
  revoked,
  TENANTS,
  withoutHistory,
} from '../../src/testing/contract/key-fixtures';
import type { OpenedRepository } from './opened-repository';

const NOON = Date.parse('2030-06-01T12:00:00Z');
const noonPlus = (seconds: number): Date => new Date(NOON + seconds * 1000);

/**
 * Checks what every store of API keys guarantees about the events of changes.
 *
 * @param open returns an empty store, a new one each time
 */
export function describeKeyOutbox(open: () => Promise<OpenedRepository>): void {
  describe('the outbox', () => {
    let opened: OpenedRepository;
    let repository: ApiKeyRepository;
    let outbox: KeyOutbox;

    beforeEach(async () => {
      opened = await open();
      ({ repository } = opened);
      if (repository.outbox === undefined) throw new Error('the store has no outbox');
      ({ outbox } = repository);
    });
    afterEach(async () => {
      await opened.close();
    });

    const waitingOf = async (keyId: string): Promise<PendingEvents | undefined> =>
      (await outbox.pending(1000)).find((waiting) => waiting.keyId === keyId);
    const make = async (fields: Partial<ApiKeyWithHistory> = {}): Promise<ApiKeyWithHistory> => {
      const key = aKey(fields);
      await repository.insert(key);
      return key;
    };

    it('contains one unchanged event for each change of a key, oldest first', async () => {
      const made = await make({ orgId: 'acme', projectId: 'apollo', ownerId: ALICE });
      const renamed = changed(made, { name: 'renamed', orgId: 'globex' });
      const ended = revoked(renamed, `user:${ALICE}`);
      for (const change of [renamed, ended]) await repository.replace(change);

      const events = [made, renamed, ended].map(changeEventOf);
      await expect(outbox.pending(10)).resolves.toEqual([{ keyId: made.id, version: 3, events }]);
      expect(events.map(({ type, orgId }) => [type, orgId])).toEqual([
        ['api-key.created', 'acme'],
        ['api-key.updated', 'globex'],
        ['api-key.revoked', 'globex'],
      ]);
    });

    it('contains no event for a rejected change, and one event for a change that was sent twice', async () => {
      const made = await make();
      await repository.insert(made);
      const first = changed(made, { name: 'first' });
      await repository.replace(first);
      await repository.replace(first);
      await repository.replace(changed(made, { name: 'too late' }));
      await repository.insert({ ...aKey(), id: made.id }).catch(() => undefined);
      await expect(outbox.pending(10)).resolves.toEqual([
        { keyId: made.id, version: 2, events: [changeEventOf(made), changeEventOf(first)] },
      ]);
    });

    it('contains no hash, name, description or revocation reason of a key', async () => {
      const key = aFullKey();
      await repository.insert(key);
      const text = JSON.stringify(await outbox.pending(10));
      for (const { hash } of key.secrets) expect(text).not.toContain(hash);
      for (const value of [key.name, key.description, key.revokedReason]) expect(text).not.toContain(value);
    });

    it('returns the longest waiting events first, up to the requested number', async () => {
      const [one, two, three] = [await make(), await make(), await make()];
      const settled = await waitingOf(one.id);
      if (settled !== undefined) await outbox.settle(settled);
      await repository.replace(changed(one, { name: 'later' }));
      const pages = await outbox.pending(2);
      expect(new Set(pages.map(({ keyId }) => keyId))).toEqual(new Set([two.id, three.id]));
      expect((await outbox.pending(10)).at(-1)?.keyId).toBe(one.id);
      await expect(outbox.oldestPending()).resolves.toEqual(two.createdAt);
    });

    it('is empty after everything is passed on, and the key is unchanged', async () => {
      const key = await make({ orgId: 'acme' });
      const waiting = await waitingOf(key.id);
      if (waiting === undefined) throw new Error('no event waits');
      await outbox.settle(waiting);
      await outbox.settle(waiting);
      await expect(outbox.pending(10)).resolves.toEqual([]);
      await expect(outbox.oldestPending()).resolves.toBeUndefined();
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(key);
    });

    it('contains only the events that arrived while others were passed on', async () => {
      const key = await make();
      const waiting = await waitingOf(key.id);
      const change = changed(key, { name: 'meanwhile' });
      await repository.replace(change);
      if (waiting === undefined) throw new Error('no event waits');
      await outbox.settle(waiting);
      await expect(outbox.pending(10)).resolves.toEqual([
        { keyId: key.id, version: 2, events: [changeEventOf(change)] },
      ]);
      await expect(repository.findWithHistory(key.id)).resolves.toEqual(change);
    });

    it('keeps new events when earlier ones are settled again', async () => {
      const key = await make();
      const stale = await waitingOf(key.id);
      const change = changed(key, { name: 'meanwhile' });
      await repository.replace(change);
      const fresh = await waitingOf(key.id);
      if (stale === undefined || fresh === undefined) throw new Error('no event waits');
      await outbox.settle(fresh);
      const last = changed(change, { name: 'last' });
      await repository.replace(last);
      await outbox.settle(stale);
      await outbox.settle(fresh);
      await expect(outbox.pending(10)).resolves.toEqual([
        { keyId: key.id, version: 3, events: [changeEventOf(last)] },
      ]);
    });

    it('accepts changes of a key while its earlier events are settled', async () => {
      let key = await make();
      for (let round = 0; round < 20; round += 1) {
        const next = changed(key, { name: `round ${round}` });
        const waiting = await waitingOf(key.id);
        const [stands] = await Promise.all([
          repository.replace(next),
          waiting === undefined ? undefined : outbox.settle(waiting),
        ]);
        expect(stands).toBe(true);
        key = next;
      }
      expect((await waitingOf(key.id))?.events.at(-1)).toEqual(changeEventOf(key));
    });
  });

  describe('a search for expiring keys', () => {
    let opened: OpenedRepository;

    beforeEach(async () => {
      opened = await open();
    });
    afterEach(async () => {
      await opened.close();
    });

    const expiring = async (...args: Parameters<KeyOutbox['expiring']>): Promise<readonly string[]> => {
      const { outbox } = opened.repository;
      return ((await outbox?.expiring(...args)) ?? []).map(({ name }) => name);
    };
    const make = async (name: string, expiresAt?: Date): Promise<ApiKeyWithHistory> => {
      const key = aKey({ name, ...(expiresAt && { expiresAt }) });
      await opened.repository.insert(key);
      return key;
    };

    it('finds keys that expire after its start and up to its end, earliest first', async () => {
      await make('never');
      for (const seconds of [0, 20, 10, 30, 31]) await make(`at ${seconds}`, noonPlus(seconds));
      await expect(expiring(noonPlus(0), noonPlus(30), 10)).resolves.toEqual(['at 10', 'at 20', 'at 30']);
      await expect(expiring(noonPlus(30), noonPlus(0), 10)).resolves.toEqual([]);
    });

    it('returns the keys unchanged, without their history', async () => {
      const key = { ...aFullKey(), expiresAt: noonPlus(1) };
      await opened.repository.insert(key);
      await expect(opened.repository.outbox?.expiring(noonPlus(0), noonPlus(1), 1)).resolves.toEqual([
        withoutHistory(key),
      ]);
    });

    it('returns any number of keys in pages, including those that expire at the same moment', async () => {
      const names: string[] = [];
      for (const seconds of [1, 1, 1, 1, 1, 2, 2, 3]) {
        for (const tenant of TENANTS) {
          const name = `${tenant} ${names.length}`;
          await make(name, noonPlus(seconds));
          names.push(name);
        }
      }
      for (const limit of [1, 3, 4, 16]) {
        const seen: string[] = [];
        let last: { expiresAt: Date; id: string } | undefined;
        for (;;) {
          const page = await opened.repository.outbox?.expiring(noonPlus(0), noonPlus(9), limit, last);
          for (const { name, id, expiresAt = noonPlus(0) } of page ?? []) {
            seen.push(name);
            last = { id, expiresAt };
          }
          if ((page?.length ?? 0) < limit) break;
        }
        expect([limit, seen]).toEqual([limit, names]);
      }
    });
  });
}
