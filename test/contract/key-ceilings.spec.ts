import { createHash, randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Caller, IssuedApiKey } from 'keyward';
import { rootCaller } from 'keyward';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import type { SlotSubject } from '../../src/api-keys/domain/key-slot';
import type { PolicyId } from '../../src/api-keys/domain/policy-state';
import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import { KeyCeilings } from '../../src/api-keys/management/key-ceilings.service';
import { ConfigurationError } from '../../src/problems/configuration.error';
import { type KeyHouse, type KeyInstance, openKeyHouse, ROOT } from '../support/user-key-house';
import { RivalledRepository } from './rivalled-repository';

const ADA = newKeyId(new Date());
const GRACE = newKeyId(new Date());
const MAX = 50;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const FULL = { code: 'key_limit_reached' };

/** Where a maximum comes from, and the keys that it limits. */
interface Kind {
  readonly what: string;
  readonly ofUser?: number;
  readonly policy?: PolicyId;
  readonly field: 'ownerId' | 'orgId';
}

const KINDS: readonly Kind[] = [
  { what: 'the setting for users', ofUser: MAX, field: 'ownerId' },
  { what: 'the policy of an owner', policy: `owner:${ADA}`, field: 'ownerId' },
  { what: 'the policy of an organisation', policy: 'org:acme', field: 'orgId' },
  { what: 'the default policy', policy: 'default', field: 'orgId' },
];

async function createAt(at: KeyInstance, fields: object, caller: Caller = ROOT): Promise<IssuedApiKey> {
  return at.apiKeys.create(caller, { name: 'made', scopes: [], ...fields });
}

describe.each(['memory', 'mongo'] as const)('the maximum number of keys, in a %s store,', (storage) => {
  let house: KeyHouse;

  afterEach(async () => {
    jest.restoreAllMocks();
    await house.close();
  });

  const inDays = (days: number): Date => new Date(house.clock.now().getTime() + days * DAY_MS);
  const fill = async (count: number, fields: object): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) ids.push((await createAt(house, fields)).key.id);
    return ids;
  };
  const slotsOf = async (subject: SlotSubject): Promise<readonly string[]> =>
    (await house.slots.open(subject)).slots.map(({ keyId }) => keyId);
  const importOne = async (fields: object): Promise<unknown> => {
    const hash = createHash('sha256').update(randomUUID()).digest('hex');
    return house.importer.import(ROOT, { hash, name: 'imported', scopes: [], ...fields }, 1);
  };

  describe.each(KINDS)('by $what', ({ ofUser, policy, field }) => {
    let fields: { readonly ownerId?: string; readonly orgId?: string };
    let subject: SlotSubject;

    beforeEach(async () => {
      house = await openKeyHouse(storage, ofUser);
      const id = field === 'orgId' ? 'acme' : ofUser === undefined ? ADA : (await house.anOwner()).id;
      fields = { [field]: id };
      subject = field === 'orgId' ? `org:${id}` : `owner:${id}`;
      if (policy !== undefined) house.policies.set(policy, { maxKeys: MAX });
    });

    it('allows exactly 50 of 60 concurrent creates on two instances [T132]', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 60 }, (_, n) => createAt(n % 2 === 0 ? house : house.second, fields)),
      );
      const made = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value.key.id] : []));
      const reasons = outcomes.flatMap((each) =>
        each.status === 'rejected' ? [each.reason as unknown] : [],
      );
      expect(reasons).toEqual(reasons.map(() => expect.objectContaining(FULL)));
      expect(made).toHaveLength(MAX);
      const live = await house.liveOf(fields);
      expect(live.map(({ id }) => id).toSorted()).toEqual(made.toSorted());
      expect((await slotsOf(subject)).toSorted()).toEqual(made.toSorted());
    });

    it('rejects an import with the maximum in the answer', async () => {
      await fill(MAX, fields);
      const name = field === 'orgId' ? 'organisation' : 'owner';
      await expect(importOne(fields)).resolves.toMatchObject({
        outcome: 'refused',
        reasons: [`The ${name} may have at most 50 live keys: revoke one of them, or name another ${name}.`],
      });
      await expect(house.liveOf(fields)).resolves.toHaveLength(MAX);
    });
  });

  describe('by policies', () => {
    beforeEach(async () => {
      house = await openKeyHouse(storage, undefined);
    });

    it('never exceeds a maximum that is set in the middle of 60 concurrent creates [T132]', async () => {
      const acknowledged: string[] = [];
      let before = -1;
      const creates = Array.from({ length: 60 }, async (_, n) => {
        const at = n % 2 === 0 ? house : house.second;
        for (let waited = 0; waited < n; waited += 1) await turn();
        const { key } = await createAt(at, { orgId: 'acme' });
        acknowledged.push(key.id);
        if (acknowledged.length === 15) {
          house.policies.set('org:acme', { maxKeys: 20 });
          before = acknowledged.length;
        }
      });
      const outcomes = await Promise.allSettled(creates);
      const reasons = outcomes.flatMap((each) =>
        each.status === 'rejected' ? [each.reason as unknown] : [],
      );
      expect(reasons).toEqual(reasons.map(() => expect.objectContaining(FULL)));
      expect(before).toBe(15);
      const live = await house.liveOf({ orgId: 'acme' });
      expect(live.length).toBeLessThanOrEqual(20);
      expect(live.map(({ id }) => id).toSorted()).toEqual(acknowledged.toSorted());
      house.clock.advance(2 * MINUTE_MS);
      await fill(20 - live.length, { orgId: 'acme' });
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
    });

    it('revokes a key that was stored while the maximum was set, before its token is returned [T132]', async () => {
      await fill(2, { orgId: 'acme' });
      const insert = house.keys.insert.bind(house.keys);
      jest.spyOn(house.keys, 'insert').mockImplementationOnce(async (key) => {
        house.policies.set('org:acme', { maxKeys: 3 });
        await createAt(house.second, { orgId: 'acme' });
        await insert(key);
      });
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
      const keys = await house.keys.list({ orgId: 'acme', limit: 10 });
      const late = keys.find(({ revokedAt }) => revokedAt !== undefined);
      expect(keys).toHaveLength(4);
      expect(late).toMatchObject({
        revokedBy: 'system',
        revokedReason: 'the maximum number of keys was reached',
      });
      await expect(slotsOf('org:acme')).resolves.toHaveLength(3);
      await expect(slotsOf('org:acme')).resolves.not.toContain(late?.id);
    });

    it('moves a key back that was moved while the maximum was set [T132]', async () => {
      const [moving = ''] = await fill(1, { orgId: 'globex', name: 'as before' });
      const replace = house.keys.replace.bind(house.keys);
      jest.spyOn(house.keys, 'replace').mockImplementationOnce(async (key) => {
        house.policies.set('org:acme', { maxKeys: 1 });
        await createAt(house.second, { orgId: 'acme' });
        return replace(key);
      });
      const patch = { orgId: 'acme', name: 'moved' };
      await expect(house.apiKeys.update(ROOT, moving, patch)).rejects.toMatchObject(FULL);
      await expect(house.apiKeys.get(ROOT, moving)).resolves.toMatchObject({
        orgId: 'globex',
        name: 'as before',
        version: 3,
      });
      const [, , back] = (await house.apiKeys.history(ROOT, moving)).history;
      expect(back).toMatchObject({ by: 'system', reason: 'the maximum number of keys was reached' });
      await expect(slotsOf('org:acme')).resolves.toHaveLength(1);
    });

    it('counts the live keys that exist when it is set, including disabled ones', async () => {
      const [, gone = ''] = await fill(3, { orgId: 'acme' });
      await createAt(house, { orgId: 'acme', enabled: false });
      await createAt(house, { orgId: 'acme', expiresAt: new Date(house.clock.now().getTime() + 1000) });
      await fill(3, { orgId: 'globex' });
      await house.apiKeys.revoke(ROOT, gone);
      house.clock.advance(1000);
      house.policies.set('org:acme', { maxKeys: 4 });
      await fill(1, { orgId: 'acme' });
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
      await fill(1, { orgId: 'globex' });
    });

    it('stops new keys but touches no existing key if it is lower than their number [T132]', async () => {
      const ids = await fill(5, { orgId: 'acme' });
      const before = await house.liveOf({ orgId: 'acme' });
      house.policies.set('org:acme', { maxKeys: 2 });
      for (const id of ids.slice(0, 3)) {
        await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
        await expect(house.liveOf({ orgId: 'acme' })).resolves.toEqual(expect.arrayContaining([before[0]]));
        await house.apiKeys.revoke(ROOT, id);
      }
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
      await house.apiKeys.revoke(ROOT, ids[3] ?? '');
      await fill(1, { orgId: 'acme' });
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
    });

    it('counts keys that were made or moved while it was removed', async () => {
      house.policies.set('org:acme', { maxKeys: 3 });
      await fill(1, { orgId: 'acme' });
      house.policies.set('org:acme', null);
      await fill(2, { orgId: 'acme' });
      const [moving = ''] = await fill(1, { orgId: 'globex' });
      await house.second.apiKeys.update(ROOT, moving, { orgId: 'acme' });
      house.policies.set('org:acme', { maxKeys: 5 });
      await fill(1, { orgId: 'acme' });
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
    });

    it('writes no slots for owners and organisations without one', async () => {
      const open = jest.spyOn(house.slots, 'open');
      const [id = ''] = await fill(3, { orgId: 'acme', ownerId: ADA });
      await house.apiKeys.update(ROOT, id, { orgId: 'globex' });
      await house.apiKeys.revoke(ROOT, id);
      expect(open).not.toHaveBeenCalled();
      await expect(house.slots.open('org:acme')).resolves.toMatchObject({ revision: 0 });
    });

    it('applies the default policy only to organisations without a policy of their own', async () => {
      house.policies.set('default', { maxKeys: 1 });
      house.policies.set('org:globex', { maxKeys: 2 });
      house.policies.set('org:initech', {});
      await fill(1, { orgId: 'acme' });
      await fill(2, { orgId: 'globex' });
      await fill(3, { orgId: 'initech' });
      await fill(3, { ownerId: ADA });
      await fill(3, {});
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
      await expect(createAt(house, { orgId: 'globex' })).rejects.toMatchObject(FULL);
    });

    it('allows no key if it is 0', async () => {
      house.policies.set('org:acme', { maxKeys: 0 });
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
      await expect(house.liveOf({ orgId: 'acme' })).resolves.toEqual([]);
    });

    it('keeps no slot of an owner if the organisation has no room', async () => {
      house.policies.set(`owner:${ADA}`, { maxKeys: 2 });
      house.policies.set('org:acme', { maxKeys: 1 });
      await fill(1, { ownerId: ADA, orgId: 'acme' });
      for (let n = 0; n < 3; n += 1)
        await expect(createAt(house, { ownerId: ADA, orgId: 'acme' })).rejects.toMatchObject(FULL);
      await expect(slotsOf(`owner:${ADA}`)).resolves.toHaveLength(1);
      await fill(1, { ownerId: ADA, orgId: 'globex' });
      await expect(createAt(house, { ownerId: ADA })).rejects.toMatchObject({
        message: expect.stringContaining('The owner may have at most 2 live keys'),
      });
    });

    it('counts a moved key at its new owner and organisation, and not at the former ones', async () => {
      for (const id of ['org:acme', 'org:globex', `owner:${ADA}`, `owner:${GRACE}`] as const)
        house.policies.set(id, { maxKeys: 1 });
      const [moving = ''] = await fill(1, { ownerId: ADA, orgId: 'acme' });
      const [other = ''] = await fill(1, { ownerId: GRACE, orgId: 'globex' });
      for (const patch of [{ orgId: 'globex' }, { ownerId: GRACE }, { ownerId: GRACE, orgId: 'globex' }])
        await expect(house.apiKeys.update(ROOT, moving, patch)).rejects.toMatchObject(FULL);
      await expect(house.apiKeys.get(ROOT, moving)).resolves.toMatchObject({ version: 1, orgId: 'acme' });
      await house.apiKeys.revoke(ROOT, other);
      await house.apiKeys.update(ROOT, moving, { ownerId: GRACE, orgId: 'globex' });
      await fill(1, { ownerId: ADA, orgId: 'acme' });
      await expect(createAt(house, { orgId: 'globex' })).rejects.toMatchObject(FULL);
    });

    it('allows exactly as many of 20 concurrent moves as there is room for [T132]', async () => {
      house.policies.set('org:acme', { maxKeys: 7 });
      const ids = await fill(20, { orgId: 'globex' });
      const outcomes = await Promise.allSettled(
        ids.map(async (id, n) => (n % 2 ? house : house.second).apiKeys.update(ROOT, id, { orgId: 'acme' })),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
      await expect(house.liveOf({ orgId: 'acme' })).resolves.toHaveLength(7);
      await expect(house.liveOf({ orgId: 'globex' })).resolves.toHaveLength(13);
    });

    it('does not count enabling or rotating a key', async () => {
      const [id = ''] = await fill(1, { orgId: 'acme' });
      house.policies.set('org:acme', { maxKeys: 1 });
      await house.apiKeys.update(ROOT, id, { enabled: false });
      await house.apiKeys.update(ROOT, id, { enabled: true });
      await expect(house.apiKeys.rotate(ROOT, id)).resolves.toMatchObject({ key: { id } });
    });

    it('loses no slot for good if an instance stops between the slot and the key', async () => {
      house.policies.set('org:acme', { maxKeys: 1 });
      jest.spyOn(house.keys, 'insert').mockRejectedValueOnce(new Error('killed'));
      await expect(createAt(house, { orgId: 'acme' })).rejects.toThrow('killed');
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
      house.clock.advance(MINUTE_MS + 1);
      await fill(1, { orgId: 'acme' });
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
    });

    it('counts a key within a minute if an instance stops between the key and the second read', async () => {
      house.policies.set('org:acme', { maxKeys: 3 });
      await fill(1, { orgId: 'acme' });
      house.policies.set('org:acme', null);
      jest.spyOn(house.slots, 'forget').mockRejectedValueOnce(new Error('killed'));
      jest.spyOn(house.apiKeys, 'revoke').mockRejectedValueOnce(new Error('killed'));
      await expect(createAt(house, { orgId: 'acme' })).rejects.toThrow('killed');
      house.policies.set('org:acme', { maxKeys: 3 });
      house.clock.advance(MINUTE_MS);
      await fill(1, { orgId: 'acme' });
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
      await expect(house.liveOf({ orgId: 'acme' })).resolves.toHaveLength(3);
    });

    it('counts keys within a minute that a former version made without slots', async () => {
      house.policies.set('org:acme', { maxKeys: 3 });
      await fill(1, { orgId: 'acme' });
      const former = new ApiKeysService(house.second.keys, { storage }, house.clock);
      await former.create(ROOT, { name: 'made by a former version', scopes: [], orgId: 'acme' });
      house.clock.advance(MINUTE_MS);
      await fill(1, { orgId: 'acme' });
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
    });

    it('counts a key whose creation took so long that its slot was freed [T132]', async () => {
      house.policies.set('org:acme', { maxKeys: 1 });
      const insert = house.keys.insert.bind(house.keys);
      jest.spyOn(house.keys, 'insert').mockImplementationOnce(async (key) => {
        house.clock.advance(2 * MINUTE_MS);
        await createAt(house.second, { orgId: 'acme' });
        await insert(key);
      });
      await expect(createAt(house, { orgId: 'acme' })).rejects.toMatchObject(FULL);
      await expect(house.liveOf({ orgId: 'acme' })).resolves.toHaveLength(1);
    });

    it('stores no key while the policies cannot be read', async () => {
      jest.spyOn(house.policies, 'find').mockRejectedValue(new Error('unreachable'));
      await expect(createAt(house, { orgId: 'acme' })).rejects.toThrow('unreachable');
      await expect(house.keys.list({ limit: 10 })).resolves.toEqual([]);
      await expect(createAt(house, {})).resolves.toMatchObject({ key: { name: 'made' } });
    });

    it('does not tell a user the maximum of an organisation that the user does not belong to [T132]', async () => {
      house.policies.set('org:globex', { maxKeys: 1 });
      const user: Caller = {
        ...rootCaller(`user:${ADA}`),
        grant: { scopes: ['memory:read'], allowedIps: [], rateLimits: [], ownerId: ADA },
        orgIds: ['acme'],
      };
      const [id = ''] = await fill(1, { ownerId: ADA });
      for (let n = 0; n < 2; n += 1) {
        await expect(house.apiKeys.update(user, id, { orgId: 'globex' })).rejects.toMatchObject({
          code: 'delegation_exceeded',
        });
        await expect(createAt(house, { orgId: 'globex' }, user)).rejects.toMatchObject({
          code: 'delegation_exceeded',
        });
        await fill(1 - n, { orgId: 'globex' });
      }
      await expect(house.apiKeys.update(user, id, { orgId: 'acme' })).resolves.toMatchObject({
        orgId: 'acme',
      });
    });
  });

  describe('by both the setting and the policy of an owner', () => {
    it.each([
      [2, 5],
      [5, 2],
    ])('is the smaller of %i and %i', async (ofUser, ofPolicy) => {
      house = await openKeyHouse(storage, ofUser);
      const { id } = await house.anOwner();
      house.policies.set(`owner:${id}`, { maxKeys: ofPolicy });
      await fill(2, { ownerId: id });
      await expect(createAt(house, { ownerId: id })).rejects.toMatchObject(FULL);
    });
  });

  describe('and the maximum lifetime by policies', () => {
    const tooLate = { code: 'validation_failed' };

    beforeEach(async () => {
      house = await openKeyHouse(storage, undefined);
      house.policies.set('org:acme', { maxTtlDays: 30 });
      house.policies.set(`owner:${ADA}`, { maxTtlDays: 10 });
      house.policies.set('default', { maxTtlDays: 20 });
    });

    it.each([
      { days: 30, whose: 'an organisation', fields: { orgId: 'acme' } },
      { days: 20, whose: 'an organisation without a policy', fields: { orgId: 'globex' } },
      { days: 10, whose: 'an owner', fields: { ownerId: ADA } },
      { days: 10, whose: 'an owner in an organisation', fields: { ownerId: ADA, orgId: 'acme' } },
    ])('is $days days for keys of $whose, and the default expiry [T133]', async ({ days, fields }) => {
      const { key } = await createAt(house, fields);
      expect(key.expiresAt).toEqual(inDays(days));
      await createAt(house, { ...fields, expiresAt: inDays(days) });
      for (const expiresAt of [null, new Date(inDays(days).getTime() + 1)])
        await expect(createAt(house, { ...fields, expiresAt })).rejects.toMatchObject(tooLate);
      await expect(importOne(fields)).resolves.toMatchObject({ outcome: 'imported' });
      await expect(importOne({ ...fields, expiresAt: '2031-01-01T00:00:00Z' })).resolves.toMatchObject({
        outcome: 'refused',
      });
      for (const expiresAt of [null, new Date(inDays(days).getTime() + 1)])
        await expect(house.apiKeys.update(ROOT, key.id, { expiresAt })).rejects.toMatchObject(tooLate);
      house.clock.advance(DAY_MS);
      const expiresAt = inDays(days);
      await expect(house.apiKeys.update(ROOT, key.id, { expiresAt })).resolves.toMatchObject({ expiresAt });
    });

    it('is checked when a key moves, but not when it stays [T133]', async () => {
      const { key } = await createAt(house, { expiresAt: null });
      for (const patch of [{ orgId: 'acme' }, { ownerId: ADA }])
        await expect(house.apiKeys.update(ROOT, key.id, patch)).rejects.toMatchObject(tooLate);
      await house.apiKeys.update(ROOT, key.id, { orgId: 'acme', expiresAt: inDays(30) });
      house.policies.set('org:acme', { maxTtlDays: 1 });
      await house.apiKeys.update(ROOT, key.id, { name: 'renamed' });
      await house.apiKeys.update(ROOT, key.id, { enabled: false });
      await house.apiKeys.update(ROOT, key.id, { enabled: true, ownerId: GRACE });
      await expect(house.apiKeys.update(ROOT, key.id, { ownerId: ADA })).rejects.toMatchObject(tooLate);
    });

    it('does not limit keys without an owner and an organisation', async () => {
      await expect(createAt(house, {})).resolves.toMatchObject({ key: { expiresAt: undefined } });
    });
  });

  it('needs a store with slots', async () => {
    house = await openKeyHouse(storage, undefined);
    const without = new RivalledRepository(house.keys, 0, (key) => key);
    expect(() => new KeyCeilings(without, house.clock, house.policies)).toThrow(ConfigurationError);
    const unlimited = new ApiKeysService(without, { storage }, house.clock);
    await expect(
      unlimited.create(ROOT, { name: 'made', scopes: [], ownerId: newKeyId(new Date()) }),
    ).resolves.toBeDefined();
  });
});
