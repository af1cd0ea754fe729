import { createHash, randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { KeyIdTakenError } from '../../src/api-keys/storage/api-key.repository';
import { type KeyHouse, openKeyHouse, ROOT } from '../support/user-key-house';

const MAX = 3;
const MINUTE_MS = 60_000;
const FULL = { code: 'key_limit_reached' };

describe.each(['memory', 'mongo'] as const)('the keys that a user can own, in a %s store,', (storage) => {
  let house: KeyHouse;
  let owner: string;

  beforeEach(async () => {
    house = await openKeyHouse(storage, MAX);
    owner = (await house.anOwner()).id;
  });

  afterEach(async () => {
    await house.close();
  });

  const fill = async (count = MAX): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) ids.push((await house.make(owner)).id);
    return ids;
  };
  const importOne = async (ownerId: string, hash = hashOf(randomUUID())) =>
    house.importer.import(ROOT, { hash, name: 'imported', scopes: [], ownerId }, 1);

  it('are limited to the number of slots, with one slot for each key', async () => {
    const ids = await fill();
    await expect(house.placesOf(owner)).resolves.toEqual(ids);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    house.clock.advance(2 * MINUTE_MS);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    await expect(house.placesOf(owner)).resolves.toEqual(ids);
    await expect(house.apiKeys.list(ROOT, { ownerId: owner, limit: 10 })).resolves.toMatchObject({
      data: { length: MAX },
    });
  });

  it('do not include an imported key that is already expired', async () => {
    const ids = await fill();
    const record = {
      hash: hashOf('expired'),
      name: 'n',
      scopes: [],
      ownerId: owner,
      expiresAt: '2024-01-01T00:00:00Z',
    };
    await expect(house.importer.import(ROOT, record, 1)).resolves.toMatchObject({ outcome: 'imported' });
    await expect(house.placesOf(owner)).resolves.toEqual(ids);
  });

  it('stay within the limit when 20 are created at once in the slots of expired keys', async () => {
    for (let n = 0; n < MAX; n += 1) await house.make(owner, { expiresAt: inMs(1000) });
    house.clock.advance(2 * MINUTE_MS);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => house.make(owner)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(MAX);
    const reasons = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(reasons).toEqual(reasons.map(() => expect.objectContaining(FULL)));
    await expect(house.placesOf(owner)).resolves.toHaveLength(MAX);
  });

  it('are searched fewer than 20 times when 20 are created at once beyond the limit', async () => {
    await fill();
    house.clock.advance(2 * MINUTE_MS);
    const find = jest.spyOn(house.keys, 'find');
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => house.make(owner)));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(find.mock.calls.length).toBeLessThan(20);
    find.mockRestore();
  });

  it('need no slot of the user when they have no owner or another owner', async () => {
    const other = (await house.anOwner()).id;
    await fill();
    await house.apiKeys.create(ROOT, { name: 'unowned', scopes: [] });
    await expect(house.make(other)).resolves.toMatchObject({ ownerId: other });
  });

  it.each(['disabled', 'deleted', 'unknown'])('are none if the owner is %s', async (state) => {
    const { id } = await house.anOwner();
    if (state === 'disabled') await house.users.change(id, 1, { status: 'disabled' });
    if (state === 'deleted') await house.users.remove(id);
    const ownerId = state === 'unknown' ? newKeyId(new Date()) : id;
    await expect(house.make(ownerId)).rejects.toMatchObject(FULL);
    await expect(house.apiKeys.list(ROOT, { ownerId, limit: 10 })).resolves.toMatchObject({ data: [] });
  });

  it('free exactly one slot when one is revoked', async () => {
    const [first = ''] = await fill();
    await house.apiKeys.revoke(ROOT, first);
    await house.apiKeys.revoke(ROOT, first);
    await expect(house.placesOf(owner)).resolves.not.toContain(first);
    await house.make(owner);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
  });

  it('keep their slots while they are disabled, rotated or renamed', async () => {
    const [one = '', two = '', three = ''] = await fill();
    await house.apiKeys.update(ROOT, one, { enabled: false });
    await house.apiKeys.rotate(ROOT, two);
    await house.apiKeys.update(ROOT, three, { name: 'renamed' });
    house.clock.advance(2 * MINUTE_MS);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    await expect(house.placesOf(owner)).resolves.toEqual([one, two, three]);
  });

  it('free the slot of an expired key when it is needed', async () => {
    await fill(2);
    const lapsing = await house.make(owner, { expiresAt: inMs(2 * MINUTE_MS) });
    house.clock.advance(2 * MINUTE_MS - 1);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    house.clock.advance(1);
    await expect(house.placesOf(owner)).resolves.toContain(lapsing.id);
    const next = await house.make(owner);
    const places = await house.placesOf(owner);
    expect(places).toHaveLength(MAX);
    expect(places).toContain(next.id);
    expect(places).not.toContain(lapsing.id);
  });

  it('free the slot of a key after one minute, and not earlier, if the key was never stored', async () => {
    await fill(2);
    const lost = newKeyId(new Date());
    await house.users.takeSlot(owner, { keyId: lost, at: house.clock.now() }, MAX);
    house.clock.advance(MINUTE_MS);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    await expect(house.placesOf(owner)).resolves.toContain(lost);
    house.clock.advance(1);
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
    await expect(house.placesOf(owner)).resolves.not.toContain(lost);
  });

  it('free the slot of a revoked key even if it was not released', async () => {
    const [first = ''] = await fill();
    const slot = { keyId: first, at: house.clock.now() };
    await house.apiKeys.revoke(ROOT, first);
    await house.users.takeSlot(owner, slot, MAX);
    house.clock.advance(2 * MINUTE_MS);
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
    await expect(house.placesOf(owner)).resolves.not.toContain(first);
  });

  it('free the slot of a moved key even if it was not released', async () => {
    const [first = ''] = await fill();
    const slot = { keyId: first, at: house.clock.now() };
    await house.apiKeys.update(ROOT, first, { ownerId: (await house.anOwner()).id });
    await house.users.takeSlot(owner, slot, MAX);
    house.clock.advance(2 * MINUTE_MS);
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
    await expect(house.placesOf(owner)).resolves.not.toContain(first);
  });

  it('are created even if the slot of another could not be released', async () => {
    const [first = ''] = await fill();
    const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    jest.spyOn(house.users, 'giveSlotsBack').mockRejectedValue(new Error('the store is unreachable'));
    await expect(house.apiKeys.revoke(ROOT, first)).resolves.toMatchObject({ id: first });
    expect(warned.mock.calls.flat()).toContain('cannot free the slot of a key: the store is unreachable');
    jest.restoreAllMocks();
    house.clock.advance(2 * MINUTE_MS);
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
  });

  it('count once when they are imported, however often', async () => {
    const hash = hashOf('imported twice');
    await expect(importOne(owner, hash)).resolves.toMatchObject({ outcome: 'imported' });
    await expect(importOne(owner, hash)).resolves.toMatchObject({ outcome: 'known' });
    await fill(2);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    await expect(importOne(owner)).resolves.toMatchObject({
      outcome: 'refused',
      reasons: [expect.stringContaining(`${MAX} live keys`)],
    });
    await expect(house.placesOf(owner)).resolves.toHaveLength(MAX);
  });

  it('are rejected after five attempts if the store reports an id as taken but does not find it', async () => {
    jest.spyOn(house.keys, 'find').mockResolvedValue(null);
    const insert = jest.spyOn(house.keys, 'insert').mockRejectedValue(new KeyIdTakenError('x'));
    await expect(importOne(owner)).resolves.toMatchObject({ outcome: 'refused' });
    expect(insert).toHaveBeenCalledTimes(5);
    jest.restoreAllMocks();
  });

  it('take a slot of the new owner and release that of the old one when they move', async () => {
    const other = (await house.anOwner()).id;
    const [moving = ''] = await fill();
    await house.apiKeys.update(ROOT, moving, { ownerId: other });
    await expect(house.placesOf(other)).resolves.toEqual([moving]);
    await expect(house.placesOf(owner)).resolves.not.toContain(moving);
    await house.make(owner);

    await house.apiKeys.update(ROOT, moving, { ownerId: null });
    await expect(house.placesOf(other)).resolves.toEqual([]);
  });

  it('stay with their owner when the new owner has no free slot', async () => {
    const [staying = ''] = await fill();
    const full = (await house.anOwner()).id;
    for (let n = 0; n < MAX; n += 1) await house.make(full);
    for (const ownerId of [full, newKeyId(new Date())]) {
      await expect(house.apiKeys.update(ROOT, staying, { ownerId })).rejects.toMatchObject(FULL);
    }
    await expect(house.apiKeys.get(ROOT, staying)).resolves.toMatchObject({ ownerId: owner });
    await expect(house.placesOf(owner)).resolves.toContain(staying);
    await expect(house.placesOf(full)).resolves.not.toContain(staying);
  });

  it('use one slot if two callers move the same key concurrently', async () => {
    const [moving = ''] = await fill(1);
    const [left, right] = [(await house.anOwner()).id, (await house.anOwner()).id];
    await Promise.all(
      [left, right].map((ownerId) => house.apiKeys.update(ROOT, moving, { ownerId, name: ownerId })),
    );
    const { ownerId } = await house.apiKeys.get(ROOT, moving);
    await expect(house.placesOf(ownerId ?? '')).resolves.toEqual([moving]);
    await expect(house.placesOf(owner)).resolves.toEqual([]);
  });

  const inMs = (ms: number): Date => new Date(house.clock.now().getTime() + ms);
});

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
