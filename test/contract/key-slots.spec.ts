import { createHash, randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { KeyIdTakenError } from '../../src/api-keys/storage/api-key.repository';
import { type KeyHouse, openKeyHouse, ROOT } from '../support/user-key-house';

const MAX = 3;
const MINUTE_MS = 60_000;
const FULL = { code: 'key_limit_reached' };

describe.each(['memory', 'mongo'] as const)('the slots for the keys of a user, in a %s store,', (storage) => {
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
  /** Leaves a slot behind for a key that does not use it. */
  const leave = async (keyId: string, at: Date): Promise<void> => {
    const { slots, seededAt, revision } = await house.slots.open(`owner:${owner}`);
    await house.slots.seed(`owner:${owner}`, revision, { slots: [...slots, { keyId, at }], seededAt });
  };
  const importOne = async (ownerId: string, hash = hashOf(randomUUID())) =>
    house.importer.import(ROOT, { hash, name: 'imported', scopes: [], ownerId }, 1);

  it('hold one key each, and no key is created when all are taken', async () => {
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

  it('are not used by an imported key that is already expired', async () => {
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

  it('stay within the limit when 20 keys at once are created in place of expired keys', async () => {
    for (let n = 0; n < MAX; n += 1) await house.make(owner, { expiresAt: inMs(1000) });
    house.clock.advance(2 * MINUTE_MS);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => house.make(owner)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(MAX);
    const reasons = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(reasons).toEqual(reasons.map(() => expect.objectContaining(FULL)));
    await expect(house.placesOf(owner)).resolves.toHaveLength(MAX);
  });

  it('are compared with the live keys fewer than 20 times when 20 requests exceed the limit at once', async () => {
    await fill();
    house.clock.advance(2 * MINUTE_MS);
    const live = jest.spyOn(house.slots, 'live');
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => house.make(owner)));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(live.mock.calls.length).toBeLessThan(20);
    live.mockRestore();
  });

  it('are not used by keys without an owner or with another owner', async () => {
    const other = (await house.anOwner()).id;
    await fill();
    await house.apiKeys.create(ROOT, { name: 'unowned', scopes: [] });
    await expect(house.make(other)).resolves.toMatchObject({ ownerId: other });
  });

  it.each(['disabled', 'deleted', 'unknown'])('are not available to a user who is %s', async (state) => {
    const { id } = await house.anOwner();
    if (state === 'disabled') await house.users.change(id, 1, { status: 'disabled' });
    if (state === 'deleted') await house.users.remove(id);
    const ownerId = state === 'unknown' ? newKeyId(new Date()) : id;
    await expect(house.make(ownerId)).rejects.toMatchObject(FULL);
    await expect(house.apiKeys.list(ROOT, { ownerId, limit: 10 })).resolves.toMatchObject({ data: [] });
  });

  it('include exactly one free slot after a key is revoked, even twice', async () => {
    const [first = ''] = await fill();
    await house.apiKeys.revoke(ROOT, first);
    await house.apiKeys.revoke(ROOT, first);
    await expect(house.placesOf(owner)).resolves.not.toContain(first);
    await house.make(owner);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
  });

  it('stay taken when their keys are disabled, rotated or renamed', async () => {
    const [one = '', two = '', three = ''] = await fill();
    await house.apiKeys.update(ROOT, one, { enabled: false });
    await house.apiKeys.rotate(ROOT, two);
    await house.apiKeys.update(ROOT, three, { name: 'renamed' });
    house.clock.advance(2 * MINUTE_MS);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    await expect(house.placesOf(owner)).resolves.toEqual([one, two, three]);
  });

  it('are reused if their key has expired and no other slot is free', async () => {
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

  it('are reused after one minute, and not earlier, if their key was never stored', async () => {
    await fill(2);
    const lost = newKeyId(new Date());
    await leave(lost, house.clock.now());
    house.clock.advance(MINUTE_MS);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    await expect(house.placesOf(owner)).resolves.toContain(lost);
    house.clock.advance(1);
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
    await expect(house.placesOf(owner)).resolves.not.toContain(lost);
  });

  it('are reused if their key is revoked, even if it did not release its slot', async () => {
    const [first = ''] = await fill();
    const at = house.clock.now();
    await house.apiKeys.revoke(ROOT, first);
    await leave(first, at);
    house.clock.advance(2 * MINUTE_MS);
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
    await expect(house.placesOf(owner)).resolves.not.toContain(first);
  });

  it('are reused if their key has another owner, even if it did not release its slot', async () => {
    const [first = ''] = await fill();
    const at = house.clock.now();
    await house.apiKeys.update(ROOT, first, { ownerId: (await house.anOwner()).id });
    await leave(first, at);
    house.clock.advance(2 * MINUTE_MS);
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
    await expect(house.placesOf(owner)).resolves.not.toContain(first);
  });

  it('are reused if their key is revoked, even if the release failed with an error', async () => {
    const [first = ''] = await fill();
    const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    jest.spyOn(house.slots, 'free').mockRejectedValue(new Error('the store is unreachable'));
    await expect(house.apiKeys.revoke(ROOT, first)).resolves.toMatchObject({ id: first });
    expect(warned.mock.calls.flat()).toContain('cannot free the slot of a key: the store is unreachable');
    jest.restoreAllMocks();
    house.clock.advance(2 * MINUTE_MS);
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
  });

  it('hold an imported key once, even if it is imported twice', async () => {
    const hash = hashOf('imported twice');
    await expect(importOne(owner, hash)).resolves.toMatchObject({ outcome: 'imported' });
    await expect(importOne(owner, hash)).resolves.toMatchObject({ outcome: 'known' });
    await fill(2);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    await expect(importOne(owner)).resolves.toMatchObject({
      outcome: 'refused',
      reasons: [expect.stringContaining(`at most ${MAX} live keys`)],
    });
    await expect(house.placesOf(owner)).resolves.toHaveLength(MAX);
  });

  it('limit an import to five attempts if its id is taken but the store cannot find the key', async () => {
    jest.spyOn(house.keys, 'find').mockResolvedValue(null);
    const insert = jest.spyOn(house.keys, 'insert').mockRejectedValue(new KeyIdTakenError('x'));
    await expect(importOne(owner)).resolves.toMatchObject({ outcome: 'refused' });
    expect(insert).toHaveBeenCalledTimes(5);
    jest.restoreAllMocks();
  });

  it('are taken at the new owner and freed at the old owner when a key moves', async () => {
    const other = (await house.anOwner()).id;
    const [moving = ''] = await fill();
    await house.apiKeys.update(ROOT, moving, { ownerId: other });
    await expect(house.placesOf(other)).resolves.toEqual([moving]);
    await expect(house.placesOf(owner)).resolves.not.toContain(moving);
    await house.make(owner);

    await house.apiKeys.update(ROOT, moving, { ownerId: null });
    await expect(house.placesOf(other)).resolves.toEqual([]);
  });

  it('keep the key of the old owner if the new owner has no free slot', async () => {
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

  it('hold a key once if two callers move it concurrently', async () => {
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
