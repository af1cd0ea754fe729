import { createHash, randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { KeyIdTakenError } from '../../src/api-keys/storage/api-key.repository';
import { type KeyHouse, openKeyHouse, ROOT } from '../support/user-key-house';

const MAX = 3;
const MINUTE_MS = 60_000;
const FULL = { code: 'key_limit_reached' };

describe.each(['memory', 'mongo'] as const)('the keys that a user may own, kept in %s', (storage) => {
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

  it('are as many as there are places, each in a place of its own', async () => {
    const ids = await fill();
    await expect(house.placesOf(owner)).resolves.toEqual(ids);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    house.clock.time += 2 * MINUTE_MS;
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    await expect(house.placesOf(owner)).resolves.toEqual(ids);
    await expect(house.apiKeys.list(ROOT, { ownerId: owner, limit: 10 })).resolves.toMatchObject({
      data: { length: MAX },
    });
  });

  it('do not include an expired key that is imported', async () => {
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

  it('are still the limit for 20 who make one at once when all lapsed ones make room', async () => {
    for (let n = 0; n < MAX; n += 1) await house.make(owner, { expiresAt: inMs(1000) });
    house.clock.time += 2 * MINUTE_MS;
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => house.make(owner)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(MAX);
    const reasons = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(reasons).toEqual(reasons.map(() => expect.objectContaining(FULL)));
    await expect(house.placesOf(owner)).resolves.toHaveLength(MAX);
  });

  it('are looked through once for 20 who make one too many at once', async () => {
    await fill();
    house.clock.time += 2 * MINUTE_MS;
    const find = jest.spyOn(house.keys, 'find');
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => house.make(owner)));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(find.mock.calls.length).toBeLessThan(20);
    find.mockRestore();
  });

  it('need no place while nobody owns them, or the owner has others', async () => {
    const other = (await house.anOwner()).id;
    await fill();
    await house.apiKeys.create(ROOT, { name: 'unowned', scopes: [] });
    await expect(house.make(other)).resolves.toMatchObject({ ownerId: other });
  });

  it.each(['disabled', 'deleted', 'unknown'])('are none for an owner who is %s', async (state) => {
    const { id } = await house.anOwner();
    if (state === 'disabled') await house.users.change(id, 1, { status: 'disabled' });
    if (state === 'deleted') await house.users.remove(id);
    const ownerId = state === 'unknown' ? newKeyId(new Date()) : id;
    await expect(house.make(ownerId)).rejects.toMatchObject(FULL);
    await expect(house.apiKeys.list(ROOT, { ownerId, limit: 10 })).resolves.toMatchObject({ data: [] });
  });

  it('make room at once when one is revoked, and room for one only', async () => {
    const [first = ''] = await fill();
    await house.apiKeys.revoke(ROOT, first);
    await house.apiKeys.revoke(ROOT, first);
    await expect(house.placesOf(owner)).resolves.not.toContain(first);
    await house.make(owner);
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
  });

  it('keep their place while they are disabled, rotated or renamed', async () => {
    const [one = '', two = '', three = ''] = await fill();
    await house.apiKeys.update(ROOT, one, { enabled: false });
    await house.apiKeys.rotate(ROOT, two);
    await house.apiKeys.update(ROOT, three, { name: 'renamed' });
    house.clock.time += 2 * MINUTE_MS;
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    await expect(house.placesOf(owner)).resolves.toEqual([one, two, three]);
  });

  it('make room when one expired, once the place is needed', async () => {
    await fill(2);
    const lapsing = await house.make(owner, { expiresAt: inMs(2 * MINUTE_MS) });
    house.clock.time += 2 * MINUTE_MS - 1;
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    house.clock.time += 1;
    await expect(house.placesOf(owner)).resolves.toContain(lapsing.id);
    const next = await house.make(owner);
    const places = await house.placesOf(owner);
    expect(places).toHaveLength(MAX);
    expect(places).toContain(next.id);
    expect(places).not.toContain(lapsing.id);
  });

  it('make room for a key that never came to be, a minute after its place was taken and not before', async () => {
    await fill(2);
    const lost = newKeyId(new Date());
    await house.users.takeSlot(owner, { keyId: lost, at: new Date(house.clock.time) }, MAX);
    house.clock.time += MINUTE_MS;
    await expect(house.make(owner)).rejects.toMatchObject(FULL);
    await expect(house.placesOf(owner)).resolves.toContain(lost);
    house.clock.time += 1;
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
    await expect(house.placesOf(owner)).resolves.not.toContain(lost);
  });

  it('make room when one was revoked and its place was not given back', async () => {
    const [first = ''] = await fill();
    const slot = { keyId: first, at: new Date(house.clock.time) };
    await house.apiKeys.revoke(ROOT, first);
    await house.users.takeSlot(owner, slot, MAX);
    house.clock.time += 2 * MINUTE_MS;
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
    await expect(house.placesOf(owner)).resolves.not.toContain(first);
  });

  it('make room when one was moved and its place was not given back', async () => {
    const [first = ''] = await fill();
    const slot = { keyId: first, at: new Date(house.clock.time) };
    await house.apiKeys.update(ROOT, first, { ownerId: (await house.anOwner()).id });
    await house.users.takeSlot(owner, slot, MAX);
    house.clock.time += 2 * MINUTE_MS;
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
    await expect(house.placesOf(owner)).resolves.not.toContain(first);
  });

  it('are made, though the place of another could not be given back', async () => {
    const [first = ''] = await fill();
    const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    jest.spyOn(house.users, 'giveSlotsBack').mockRejectedValue(new Error('the store is away'));
    await expect(house.apiKeys.revoke(ROOT, first)).resolves.toMatchObject({ id: first });
    expect(warned.mock.calls.flat()).toContain('cannot free the slot of a key: the store is away');
    jest.restoreAllMocks();
    house.clock.time += 2 * MINUTE_MS;
    await expect(house.make(owner)).resolves.toMatchObject({ ownerId: owner });
  });

  it('count when they are imported, once however often', async () => {
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

  it('are refused in the end where the store says of one that it is there and is not', async () => {
    jest.spyOn(house.keys, 'find').mockResolvedValue(null);
    const insert = jest.spyOn(house.keys, 'insert').mockRejectedValue(new KeyIdTakenError('x'));
    await expect(importOne(owner)).resolves.toMatchObject({ outcome: 'refused' });
    expect(insert).toHaveBeenCalledTimes(5);
    jest.restoreAllMocks();
  });

  it('take a place at a new owner and free that at the old one', async () => {
    const other = (await house.anOwner()).id;
    const [moving = ''] = await fill();
    await house.apiKeys.update(ROOT, moving, { ownerId: other });
    await expect(house.placesOf(other)).resolves.toEqual([moving]);
    await expect(house.placesOf(owner)).resolves.not.toContain(moving);
    await house.make(owner);

    await house.apiKeys.update(ROOT, moving, { ownerId: null });
    await expect(house.placesOf(other)).resolves.toEqual([]);
  });

  it('stay where they are when the new owner has no place', async () => {
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

  it('take one place at the end, wherever two who move one at once send it', async () => {
    const [moving = ''] = await fill(1);
    const [left, right] = [(await house.anOwner()).id, (await house.anOwner()).id];
    await Promise.all(
      [left, right].map((ownerId) => house.apiKeys.update(ROOT, moving, { ownerId, name: ownerId })),
    );
    const { ownerId } = await house.apiKeys.get(ROOT, moving);
    await expect(house.placesOf(ownerId ?? '')).resolves.toEqual([moving]);
    await expect(house.placesOf(owner)).resolves.toEqual([]);
  });

  const inMs = (ms: number): Date => new Date(house.clock.time + ms);
});

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
