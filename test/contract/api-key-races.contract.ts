import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import type { ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import { type Caller, callerOf, rootCaller } from '../../src/api-keys/domain/caller';
import type { KeyPatch } from '../../src/api-keys/domain/key-patch';
import { systemClock } from '../../src/api-keys/ports/clock';
import { type ApiKeyRepository, KeyIdTakenError } from '../../src/api-keys/storage/api-key.repository';
import { aKey, changed, revoked } from '../support/fixtures';
import { RivalledRepository } from './rivalled-repository';

const ROUNDS = 20;
const root = rootCaller('system');

/**
 * Checks what every store guarantees when several callers change the same key at once, with and without the service.
 */
export function describeRaces(current: () => ApiKeyRepository): void {
  let repository: ApiKeyRepository;
  let key: ApiKeyWithHistory;

  beforeEach(async () => {
    repository = current();
    key = aKey({ orgId: 'acme', scopes: ['memory:read'] });
    await repository.insert(key);
  });

  it('applies one of 50 changes from the same version, and the history names its actor [T17]', async () => {
    const changes = Array.from({ length: 50 }, (_, n) => changed(key, { name: `name ${n}` }, `user:${n}`));
    const outcomes = await Promise.all(changes.map((change) => repository.replace(change)));
    const winners = changes.filter((_, n) => outcomes[n]);
    expect(winners).toHaveLength(1);
    await expect(repository.findWithHistory(key.id)).resolves.toEqual(winners[0]);
  });

  it('creates one key from 20 inserts with the same id', async () => {
    const { id } = aKey();
    const rivals = Array.from({ length: 20 }, (_, n) => ({ ...aKey({ name: `rival ${n}` }), id }));
    const outcomes = await Promise.allSettled(rivals.map((rival) => repository.insert(rival)));
    const winners = rivals.filter((_, n) => outcomes[n]?.status === 'fulfilled');
    const errors = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(winners).toHaveLength(1);
    expect(errors.filter((error) => error instanceof KeyIdTakenError)).toHaveLength(19);
    await expect(repository.findWithHistory(id)).resolves.toEqual(winners[0]);
  });

  it('applies an insert and a change once each when both are sent 20 times at once', async () => {
    const fresh = aKey();
    await Promise.all(Array.from({ length: 20 }, () => repository.insert(fresh)));
    await expect(repository.findWithHistory(fresh.id)).resolves.toEqual(fresh);

    const change = changed(fresh, { name: 'renamed' });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => repository.replace(change)));
    expect(new Set(outcomes)).toEqual(new Set([true]));
    await expect(repository.findWithHistory(fresh.id)).resolves.toEqual(change);
  });

  it('applies either a revocation or a change from the same version, never parts of both', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = aKey();
      await repository.insert(before);
      const rivals = [revoked(before), changed(before, { name: 'renamed' })];
      if (round % 2 === 1) rivals.reverse();
      const outcomes = await Promise.all(rivals.map((rival) => repository.replace(rival)));
      const winners = rivals.filter((_, n) => outcomes[n]);
      expect(winners).toHaveLength(1);
      await expect(repository.findWithHistory(before.id)).resolves.toEqual(winners[0]);
    }
  });

  describe('through the service', () => {
    it('always applies a revocation, and a concurrent change before it or not at all', async () => {
      const service = serviceOver(repository);
      for (let round = 0; round < ROUNDS; round += 1) {
        const { key: fresh } = await service.create(root, { name: 'fresh', scopes: [] });
        const change = async (): Promise<unknown> => service.update(root, fresh.id, { name: 'renamed' });
        const revoke = async (): Promise<unknown> => service.revoke(root, fresh.id, 'leaked');
        const changeFirst = round % 2 === 0;
        const settled = await Promise.allSettled(changeFirst ? [change(), revoke()] : [revoke(), change()]);
        const [changing, revocation] = changeFirst ? settled : settled.toReversed();

        expect(revocation?.status).toBe('fulfilled');
        const stored = await service.history(root, fresh.id);
        expect(stored).toMatchObject({ revokedBy: 'system', revokedReason: 'leaked' });
        if (changing?.status === 'fulfilled') {
          expect(actionsOf(stored)).toEqual(['created', 'updated', 'revoked']);
          expect(stored).toMatchObject({ name: 'renamed', version: 3 });
        } else {
          expect(changing).toMatchObject({ reason: { code: 'revoked_key_unchangeable' } });
          expect(actionsOf(stored)).toEqual(['created', 'revoked']);
          expect(stored).toMatchObject({ name: 'fresh', version: 2 });
        }
      }
    });

    it('revokes a key once when ten callers revoke it', async () => {
      const service = serviceOver(repository);
      await Promise.all(
        Array.from({ length: 10 }, (_, n) => service.revoke(rootCaller(`user:${n}`), key.id)),
      );
      const stored = await service.history(root, key.id);
      expect(actionsOf(stored)).toEqual(['created', 'revoked']);
      expect(stored.history.at(-1)?.by).toBe(Reflect.get(stored, 'revokedBy'));
    });

    it('applies all of five concurrent changes to different fields [T17]', async () => {
      const service = serviceOver(repository);
      const patches = {
        name: 'renamed',
        description: 'described',
        metadata: { team: 'night' },
        enabled: false,
        allowedIps: ['203.0.113.7'],
      };
      await Promise.all(
        Object.entries(patches).map(([field, value]) => service.update(root, key.id, { [field]: value })),
      );
      const stored = await service.history(root, key.id);
      expect(stored).toMatchObject({ ...patches, version: 6 });
      expect(stored.history.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(stored.history.flatMap(({ fields }) => fields ?? []).toSorted()).toEqual(
        Object.keys(patches).toSorted(),
      );
    });

    it('applies a change at the fifth try after four conflicts', async () => {
      const rivalled = new RivalledRepository(repository, 4, nextDescription);
      await expect(rename(rivalled)).resolves.toMatchObject({ name: 'renamed', version: 6 });
      await expect(repository.find(key.id)).resolves.toMatchObject({
        name: 'renamed',
        description: 'overtaken 4 times',
      });
    });

    it('rejects a change after five conflicts, and changes nothing', async () => {
      const rivalled = new RivalledRepository(repository, 5, nextDescription);
      await expect(rename(rivalled)).rejects.toMatchObject({ code: 'concurrent_change' });
      await expect(repository.find(key.id)).resolves.toMatchObject({ name: key.name, version: 6 });
    });

    it('does not retry a change that names a version', async () => {
      const rivalled = new RivalledRepository(repository, 1, nextDescription);
      await expect(rename(rivalled, root, [key.version])).rejects.toMatchObject({ code: 'version_mismatch' });
      expect(rivalled.replaced).toBe(1);
      await expect(repository.find(key.id)).resolves.toMatchObject({ name: key.name, version: 2 });
    });

    it('retries a change that names several versions while the key has one of them', async () => {
      const rivalled = new RivalledRepository(repository, 1, nextDescription);
      await expect(rename(rivalled, root, [key.version, key.version + 1])).resolves.toMatchObject({
        name: 'renamed',
        version: 3,
      });
    });

    it('rejects a change that the caller may no longer make at the retry', async () => {
      const disabled = changed(key, { enabled: false });
      await repository.replace(disabled);
      const peer = callerOf(aKey({ orgId: 'acme', scopes: ['memory:read', 'api-keys:write'] }));
      const rivalled = new RivalledRepository(repository, 1, widen);

      await expect(update(rivalled, { enabled: true }, peer)).rejects.toMatchObject({
        code: 'delegation_exceeded',
        extensions: { exceeded: ['scopes'] },
      });
      await expect(repository.find(key.id)).resolves.toMatchObject({ enabled: false, scopes: ['memory:*'] });
    });

    it('answers that the key does not exist when the caller no longer sees it at the retry', async () => {
      const peer = callerOf(aKey({ orgId: 'acme', scopes: ['memory:read', 'api-keys:write'] }));
      await expect(rename(new RivalledRepository(repository, 1, moveAway), peer)).rejects.toMatchObject({
        code: 'not_found',
      });
      await expect(repository.find(key.id)).resolves.toMatchObject({ name: key.name, orgId: 'globex' });
    });

    it('rejects a change when the caller’s own key is revoked before the retry', async () => {
      const rivalled = new RivalledRepository(repository, 1, revoked);
      await expect(rename(rivalled)).rejects.toMatchObject({ code: 'revoked_key_unchangeable' });
      await expect(repository.find(key.id)).resolves.toMatchObject({ name: key.name, version: 2 });
    });
  });

  async function update(over: ApiKeyRepository, patch: KeyPatch, caller = root, ifVersion?: number[]) {
    return serviceOver(over).update(caller, key.id, patch, { ifVersion });
  }

  async function rename(over: ApiKeyRepository, caller: Caller = root, ifVersion?: number[]) {
    return update(over, { name: 'renamed' }, caller, ifVersion);
  }
}

function serviceOver(repository: ApiKeyRepository): ApiKeysService {
  return new ApiKeysService(repository, { storage: repository }, systemClock);
}

function nextDescription(before: ApiKeyWithHistory): ApiKeyWithHistory {
  return changed(before, { description: `overtaken ${before.version} times` });
}

function widen(before: ApiKeyWithHistory): ApiKeyWithHistory {
  return changed(before, { scopes: ['memory:*'] });
}

function moveAway(before: ApiKeyWithHistory): ApiKeyWithHistory {
  return changed(before, { orgId: 'globex' });
}

function actionsOf({ history }: { readonly history: ApiKeyWithHistory['history'] }): string[] {
  return history.map(({ action }) => action);
}
