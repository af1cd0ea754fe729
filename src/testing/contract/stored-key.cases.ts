import assert from 'node:assert/strict';
import { isDate } from 'node:util/types';
import { type ApiKeyRepository, KeyIdTakenError } from '../../api-keys/storage/api-key.repository';
import { aFullKey, aKey, changed, nothingOptional, withoutHistory } from './key-fixtures';
import { assertSame, copyOf, ruin } from './records';
import type { Cases } from './cases';

const METADATA = {
  _bsontype: 'ObjectId',
  _id: 'one',
  id: 'two',
  toString: 'three',
  toJSON: 'four',
  length: 5,
  hasOwnProperty: true,
  '0': false,
};

const STORED = {
  'everything set': aFullKey,
  'nothing optional': aKey,
  'everything optional left undefined': () => aKey(nothingOptional()),
};

const readBack = Object.entries(STORED).map(([how, made]) => [
  `a stored key is read back as it was created, with ${how}`,
  async (repository: ApiKeyRepository) => {
    const key = made();
    await repository.insert(key);
    assertSame(await repository.findWithHistory(key.id), key);
    assertSame(await repository.find(key.id), withoutHistory(key));
  },
]);

/** Checks how single keys are stored and read. */
export const STORED_KEY_CASES: Cases = {
  ...Object.fromEntries(readBack),

  'a stored key has every date as a Date': async (repository) => {
    const full = aFullKey();
    await repository.insert(full);
    const found = await repository.findWithHistory(full.id);
    const dates = {
      createdAt: found?.createdAt,
      updatedAt: found?.updatedAt,
      expiresAt: found?.expiresAt,
      revokedAt: found?.revokedAt,
      'history.at': found?.history[0]?.at,
      'secrets.createdAt': found?.secrets[0]?.createdAt,
      'secrets.retiresAt': found?.secrets[1]?.retiresAt,
      'secrets.reusedAt': found?.secrets[1]?.reusedAt,
      'imposed.expiresAt': found?.imposed?.expiresAt,
    };
    for (const [name, date] of Object.entries(dates)) assert.ok(isDate(date), `${name} is not a Date`);
  },

  'a stored key keeps metadata with names that JavaScript or MongoDB treats specially': async (
    repository,
  ) => {
    const key = aKey({ metadata: METADATA });
    await repository.insert(key);
    assertSame(await repository.findWithHistory(key.id), key);

    const after = changed(key, { metadata: { ...METADATA, _bsontype: 'Long' } });
    assert.equal(await repository.replace(after), true);
    assertSame(await repository.findWithHistory(key.id), after);
    assertSame(await repository.list({ limit: 1 }), [withoutHistory(after)]);
  },

  'a stored key is not found under another id': async (repository) => {
    await repository.insert(aKey());
    const unknown = aKey().id;
    assert.equal(await repository.find(unknown), null);
    assert.equal(await repository.findWithHistory(unknown), null);
  },

  'a stored key is not changed through the object that was stored': async (repository) => {
    const key = aFullKey();
    const asMade = copyOf(key);
    await repository.insert(key);
    ruin(key);
    assertSame(await repository.findWithHistory(asMade.id), asMade);

    const change = changed(asMade, { name: 'renamed' });
    const asChanged = copyOf(change);
    await repository.replace(change);
    ruin(change);
    assertSame(await repository.findWithHistory(asMade.id), asChanged);
  },

  'a stored key is not changed through an object that was read': async (repository) => {
    const key = aFullKey();
    await repository.insert(key);
    ruin(await repository.find(key.id));
    ruin(await repository.findWithHistory(key.id));
    ruin(await repository.list({ limit: 10 }));
    ruin(await repository.listOutlines({ limit: 10 }));
    ruin(await repository.findMany([key.id]));
    assertSame(await repository.findWithHistory(key.id), key);
    assertSame(await repository.find(key.id), withoutHistory(key));
  },

  'a stored key does not change when its insert is sent again, even after an update': async (repository) => {
    const key = aKey();
    await repository.insert(key);
    await repository.insert(key);
    assertSame(await repository.findWithHistory(key.id), key);

    const later = changed(key, { name: 'renamed' });
    await repository.replace(later);
    await repository.insert(key);
    assertSame(await repository.findWithHistory(key.id), later);
  },

  'a stored key is kept when another key is inserted with its id': async (repository) => {
    const first = aFullKey();
    await repository.insert(first);
    const second = { ...aKey({ name: 'usurper' }), id: first.id };
    await assert.rejects(repository.insert(second), KeyIdTakenError);
    assertSame(await repository.findWithHistory(first.id), first);
  },
};
