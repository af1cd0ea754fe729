import assert from 'node:assert/strict';
import type { ApiKeyRepository } from '../../api-keys/storage/api-key.repository';
import { aFullKey, aKey, changed, nothingOptional, revoked, withoutHistory } from './key-fixtures';
import { assertSame } from './records';
import type { Cases } from './cases';

const removals = Object.keys(nothingOptional()).map((field) => [
  `a change of a key removes ${field}, whether it is undefined or missing`,
  async (repository: ApiKeyRepository) => {
    const [one, other] = [aFullKey(), aFullKey()];
    for (const key of [one, other]) await repository.insert(key);
    const asUndefined = changed(one, { [field]: undefined });
    const leftOut = changed(other, { [field]: undefined });
    Reflect.deleteProperty(leftOut, field);

    for (const after of [asUndefined, leftOut]) {
      assert.equal(await repository.replace(after), true);
      assertSame(await repository.findWithHistory(after.id), after);
    }
  },
]);

/** Checks changes of keys that are made one after the other. */
export const CHANGE_CASES: Cases = {
  'a change of a key stores the whole record with its history': async (repository) => {
    const key = aKey();
    const full = { ...aFullKey(), id: key.id, createdAt: key.createdAt, createdBy: key.createdBy };
    await repository.insert(key);
    const after = { ...changed(key, { ...full, history: key.history, version: 1 }), historyDropped: 7 };
    assert.equal(await repository.replace(after), true);
    assertSame(await repository.findWithHistory(key.id), after);
    assertSame(await repository.find(key.id), withoutHistory(after));
  },

  ...Object.fromEntries(removals),

  'a change of a key can empty the lists and the metadata': async (repository) => {
    const key = aFullKey();
    await repository.insert(key);
    const after = changed(key, { scopes: [], allowedIps: [], metadata: {} });
    assert.equal(await repository.replace(after), true);
    assertSame(await repository.findWithHistory(key.id), after);
  },

  'a change of a key is rejected when the key has changed since it was read': async (repository) => {
    const key = aKey();
    await repository.insert(key);
    const first = changed(key, { name: 'first' });
    assert.equal(await repository.replace(first), true);
    assert.equal(await repository.replace(changed(key, { name: 'late' })), false);
    assert.equal(await repository.replace(revoked(key)), false);
    assertSame(await repository.findWithHistory(key.id), first);
  },

  'a change of a key is rejected when it starts from a future version': async (repository) => {
    const key = aKey();
    await repository.insert(key);
    const ahead = changed(changed(key, { name: 'skipped' }), { name: 'ahead' });
    assert.equal(await repository.replace({ ...ahead, history: ahead.history.slice(-1) }), false);
    assertSame(await repository.findWithHistory(key.id), key);
  },

  'a change of a key is rejected when the key does not exist, and creates none': async (repository) => {
    const key = aKey();
    assert.equal(await repository.replace(changed(key, { name: 'nobody' })), false);
    assert.equal(await repository.find(key.id), null);
    assertSame(await repository.list({ limit: 10 }), []);
  },

  'a change of a key keeps the creator and the creation time': async (repository) => {
    const key = aKey();
    await repository.insert(key);
    const change = changed(key, { name: 'renamed' });
    const forged = { ...change, createdAt: new Date(0), createdBy: 'key:somebody-else' };
    assert.equal(await repository.replace(forged), true);
    assertSame(await repository.findWithHistory(key.id), change);
  },

  'a change of a key changes no other key': async (repository) => {
    const [one, other] = [aKey({ orgId: 'acme' }), aKey({ orgId: 'acme' })];
    for (const key of [one, other]) await repository.insert(key);
    const moved = changed(one, { orgId: 'globex' });
    assert.equal(await repository.replace(moved), true);
    assertSame(await repository.findWithHistory(one.id), moved);
    assertSame(await repository.findWithHistory(other.id), other);
  },

  'a change of a key can be sent again, and is confirmed': async (repository) => {
    const key = aKey();
    await repository.insert(key);
    const change = changed(key, { name: 'renamed' });
    await repository.replace(change);
    assert.equal(await repository.replace(change), true);
    assertSame(await repository.findWithHistory(key.id), change);
  },

  'a change of a key can be sent again after other changes, and undoes none of them': async (repository) => {
    const key = aKey();
    await repository.insert(key);
    const change = changed(key, { name: 'renamed' });
    await repository.replace(change);
    const again = changed(change, { name: 'renamed again' });
    await repository.replace(again);
    const latest = revoked(again);
    await repository.replace(latest);

    assert.equal(await repository.replace(change), true);
    assertSame(await repository.findWithHistory(key.id), latest);
  },
};
