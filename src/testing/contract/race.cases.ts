import assert from 'node:assert/strict';
import { KeyIdTakenError } from '../../api-keys/storage/api-key.repository';
import { aKey, changed, revoked } from './key-fixtures';
import { assertSame } from './records';
import type { Cases } from './cases';

const ROUNDS = 20;

/** Checks concurrent writes: only the right ones succeed, and none is lost or partly applied. */
export const RACE_CASES: Cases = {
  'of several changes at the same time, one of 50 from the same version is applied, and the history names its actor':
    async (repository) => {
      const key = aKey({ orgId: 'acme', scopes: ['memory:read'] });
      await repository.insert(key);
      const changes = Array.from({ length: 50 }, (_, n) => changed(key, { name: `name ${n}` }, `user:${n}`));
      const outcomes = await Promise.all(changes.map(async (change) => repository.replace(change)));
      const winners = changes.filter((_, n) => outcomes[n]);
      assert.equal(winners.length, 1);
      assertSame(await repository.findWithHistory(key.id), winners[0]);
    },

  'of several inserts at the same time, one of 20 with the same id is applied, and the others are rejected':
    async (repository) => {
      const { id } = aKey();
      const rivals = Array.from({ length: 20 }, (_, n) => ({ ...aKey({ name: `rival ${n}` }), id }));
      const outcomes = await Promise.allSettled(rivals.map(async (rival) => repository.insert(rival)));
      const winners = rivals.filter((_, n) => outcomes[n]?.status === 'fulfilled');
      const errors = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
      assert.equal(winners.length, 1);
      assert.equal(errors.filter((error) => error instanceof KeyIdTakenError).length, 19);
      assertSame(await repository.findWithHistory(id), winners[0]);
    },

  'an insert and a change are applied once each when both are sent 20 times at once': async (repository) => {
    const fresh = aKey();
    await Promise.all(Array.from({ length: 20 }, async () => repository.insert(fresh)));
    assertSame(await repository.findWithHistory(fresh.id), fresh);

    const change = changed(fresh, { name: 'renamed' });
    const outcomes = await Promise.all(Array.from({ length: 20 }, async () => repository.replace(change)));
    assertSame([...new Set(outcomes)], [true]);
    assertSame(await repository.findWithHistory(fresh.id), change);
  },

  'either a revocation or a change from the same version is applied, never parts of both': async (
    repository,
  ) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = aKey();
      await repository.insert(before);
      const rivals = [revoked(before), changed(before, { name: 'renamed' })];
      if (round % 2 === 1) rivals.reverse();
      const outcomes = await Promise.all(rivals.map(async (rival) => repository.replace(rival)));
      const winners = rivals.filter((_, n) => outcomes[n]);
      assert.equal(winners.length, 1);
      assertSame(await repository.findWithHistory(before.id), winners[0]);
    }
  },
};
