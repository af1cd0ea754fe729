import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import type { ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import { type Caller, callerOf, rootCaller } from '../../src/api-keys/domain/caller';
import type { KeyPatch } from '../../src/api-keys/domain/key-patch';
import { systemClock } from '../../src/api-keys/ports/clock';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import { aKey, changed, revoked } from '../../src/testing/contract/key-fixtures';
import { RivalledRepository } from './rivalled-repository';

const ROUNDS = 20;
const root = rootCaller('system');

/**
 * Checks what the service guarantees over every store when several callers change the same key at once.
 *
 * @param open returns an empty store, a new one each time
 */
export function describeServiceRaces(open: () => Promise<ApiKeyRepository>): void {
  let repository: ApiKeyRepository;
  let key: ApiKeyWithHistory;

  beforeEach(async () => {
    repository = await open();
    key = aKey({ orgId: 'acme', scopes: ['memory:read'] });
    await repository.insert(key);
  });

  it('always applies a revocation, and applies a concurrent change only before it', async () => {
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

  it('revokes a key once when ten callers revoke it at once', async () => {
    const service = serviceOver(repository);
    await Promise.all(Array.from({ length: 10 }, (_, n) => service.revoke(rootCaller(`user:${n}`), key.id)));
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

  it('applies a change on the fifth attempt after four conflicts', async () => {
    const rivalled = new RivalledRepository(repository, 4, nextDescription);
    await expect(rename(rivalled)).resolves.toMatchObject({ name: 'renamed', version: 6 });
    await expect(repository.find(key.id)).resolves.toMatchObject({
      name: 'renamed',
      description: 'overtaken 4 times',
    });
  });

  it('rejects a change with concurrent_change after five conflicts', async () => {
    const rivalled = new RivalledRepository(repository, 5, nextDescription);
    await expect(rename(rivalled)).rejects.toMatchObject({ code: 'concurrent_change' });
    await expect(repository.find(key.id)).resolves.toMatchObject({ name: key.name, version: 6 });
  });

  it('does not retry a change that requires one version', async () => {
    const rivalled = new RivalledRepository(repository, 1, nextDescription);
    await expect(rename(rivalled, root, [key.version])).rejects.toMatchObject({ code: 'version_mismatch' });
    expect(rivalled.replaced).toBe(1);
    await expect(repository.find(key.id)).resolves.toMatchObject({ name: key.name, version: 2 });
  });

  it('retries a change that accepts several versions while the key has one of them', async () => {
    const rivalled = new RivalledRepository(repository, 1, nextDescription);
    await expect(rename(rivalled, root, [key.version, key.version + 1])).resolves.toMatchObject({
      name: 'renamed',
      version: 3,
    });
  });

  it('rejects a change if another change gives the key more rights before the retry', async () => {
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

  it('rejects a change with not_found if the key moves to another tenant before the retry', async () => {
    const peer = callerOf(aKey({ orgId: 'acme', scopes: ['memory:read', 'api-keys:write'] }));
    await expect(rename(new RivalledRepository(repository, 1, moveAway), peer)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(repository.find(key.id)).resolves.toMatchObject({ name: key.name, orgId: 'globex' });
  });

  it('rejects a change if the key is revoked before the retry', async () => {
    const rivalled = new RivalledRepository(repository, 1, revoked);
    await expect(rename(rivalled)).rejects.toMatchObject({ code: 'revoked_key_unchangeable' });
    await expect(repository.find(key.id)).resolves.toMatchObject({ name: key.name, version: 2 });
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
