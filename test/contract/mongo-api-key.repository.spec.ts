import { setTimeout as pause } from 'node:timers/promises';
import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import { type Caller, callerOf, rootCaller } from '../../src/api-keys/domain/caller';
import { changeEventOf } from '../../src/api-keys/domain/key-event';
import type { RateLimit } from '../../src/api-keys/domain/rate-limit';
import { systemClock } from '../../src/api-keys/ports/clock';
import type { KeyOutbox } from '../../src/api-keys/storage/key-outbox';
import { aFullKey, aKey, ALICE, changed, nothingOptional } from '../../src/testing/contract/key-fixtures';
import { testDatabaseUri } from '../support/test-database';
import { describeApiKeyRepository } from './api-key-repository.contract';
import { describeKeyOutbox } from './key-outbox.contract';
import { describeKeySlots } from './key-slots.contract';
import { mongoRepositoryOn, openMongoRepository, type OpenedMongoRepository } from './opened-repository';

describe('API keys in MongoDB', () => {
  describeApiKeyRepository(async () => openMongoRepository());
  describeKeyOutbox(async () => openMongoRepository());
  describeKeySlots(async () => openMongoRepository());
});

describe('the documents of API keys in MongoDB', () => {
  const root = rootCaller('system');
  let store: OpenedMongoRepository;
  let service: ApiKeysService;

  beforeEach(async () => {
    store = await openMongoRepository(testDatabaseUri('documents'));
    service = new ApiKeysService(store.repository, { storage: store.repository }, systemClock);
  });

  afterEach(async () => {
    await store.close();
  });

  it('are kept in api_keys, one for each key, by its id', async () => {
    const { id, ...fields } = aFullKey();
    await store.repository.insert({ id, ...fields });
    const { id: _id, keyId: _keyId, ...event } = changeEventOf({ id, ...fields });
    const [burst, { name: _name, ...former }] = fields.rateLimits as [RateLimit, RateLimit];
    const [imposedBurst, { name: _imposed, ...imposedFormer }] = (fields.imposed?.rateLimits ?? []) as [
      RateLimit,
      RateLimit,
    ];
    await expect(store.documents.find().toArray()).resolves.toEqual([
      {
        _id: id,
        ...fields,
        rateLimit: former,
        rateLimits: [burst],
        imposed: { ...fields.imposed, rateLimit: imposedFormer, rateLimits: [imposedBurst] },
        changedAt: expect.any(Date),
        pending: [event],
        pendingAt: event.at,
      },
    ]);
  });

  it('omit missing values instead of storing null', async () => {
    const key = aKey({ description: undefined, expiresAt: undefined, ownerId: undefined });
    await store.repository.insert(key);
    const bare = [
      '_id',
      'allowedIps',
      'changedAt',
      'createdAt',
      'createdBy',
      'enabled',
      'history',
      'historyDropped',
      'metadata',
      'name',
      'pending',
      'pendingAt',
      'scopes',
      'secrets',
      'updatedAt',
      'version',
    ];
    expect(Object.keys((await store.documents.findOne()) ?? {}).toSorted()).toEqual(bare);

    const full = changed(key, { ...aFullKey(), id: key.id, history: key.history, version: 1 });
    await store.repository.replace(full);
    await store.repository.replace(changed(full, { ...nothingOptional(), rateLimits: [] }));
    const document = await store.documents.findOne();
    expect(Object.keys(document ?? {}).toSorted()).toEqual(bare);
    expect(JSON.stringify(document)).not.toContain('null');
  });

  it('keep the fields of a newer release when this release changes the key', async () => {
    const { key } = await service.create(root, { name: 'of acme', scopes: ['memory:read'], orgId: 'acme' });
    const newer = { tags: ['new'], 'secrets.0.algorithm': 'new', 'history.0.address': 'new' };
    await store.documents.updateOne({ _id: key.id }, { $set: newer });

    await service.update(root, key.id, { rateLimits: [{ name: 'default', limit: 5, windowSeconds: 60 }] });
    await store.documents.updateOne({ _id: key.id }, { $set: { 'rateLimit.burst': 'new' } });
    await service.rotate(root, key.id, { gracePeriodSeconds: 60 });
    await service.revoke(root, key.id);
    await expect(store.documents.findOne({ _id: key.id })).resolves.toMatchObject({
      revokedBy: 'system',
      version: 4,
      tags: ['new'],
      secrets: [{ algorithm: 'new' }, {}],
      history: [{ address: 'new' }, {}, {}, {}],
      rateLimit: { limit: 5, burst: 'new' },
    });
  });

  it('with the only limit of a former release keep it, and rename it if asked [T120]', async () => {
    const { key } = await service.create(root, { name: 'of acme', scopes: [], orgId: 'acme' });
    await store.documents.updateOne(
      { _id: key.id },
      { $set: { rateLimit: { limit: 5, windowSeconds: 60 } } },
    );
    const [own] = (await service.get(root, key.id)).rateLimits;
    expect(own).toEqual({ name: 'default', limit: 5, windowSeconds: 60 });
    const limits = async (): Promise<unknown> => {
      const stored = await store.documents.findOne({ _id: key.id });
      return [stored?.['rateLimit'], stored?.['rateLimits']];
    };
    await service.update(root, key.id, { name: 'renamed' });
    expect(await limits()).toEqual([{ limit: 5, windowSeconds: 60 }, undefined]);
    const named = { name: 'minute', limit: 5, windowSeconds: 60 };
    await service.update(root, key.id, { rateLimits: [named] });
    expect(await limits()).toEqual([undefined, [named]]);
    await service.update(root, key.id, { rateLimits: null });
    expect(await limits()).toEqual([undefined, undefined]);
  });

  it('with limits of both releases apply all of them, also to delegation [T120]', async () => {
    const rateLimits = ['a', 'b', 'c'].map((name) => ({ name, limit: 10, windowSeconds: 60 }));
    const { key } = await service.create(root, { name: 'of acme', scopes: ['api-keys:write'], rateLimits });
    // A former instance sets its only limit.
    await store.documents.updateOne(
      { _id: key.id },
      { $set: { rateLimit: { limit: 5, windowSeconds: 60 } } },
    );
    const all = [...rateLimits, { name: 'default', limit: 5, windowSeconds: 60 }];
    const both = await service.get(root, key.id);
    expect(both.rateLimits).toEqual(all);
    await expect(store.repository.list({ limit: 9 })).resolves.toMatchObject([{ rateLimits: all }]);
    await expect(store.repository.findMany([key.id])).resolves.toMatchObject([{ rateLimits: all }]);
    const child = service.create(callerOf(both), { name: 'child', scopes: [], rateLimits });
    await expect(child).rejects.toMatchObject({ extensions: { exceeded: ['rateLimits'] } });
    await service.update(root, key.id, { name: 'renamed' });
    await expect(service.get(root, key.id)).resolves.toMatchObject({ rateLimits: all });
  });

  it('record the limits that others set, whichever release set them [T120]', async () => {
    const rateLimits = [{ name: 'a', limit: 10, windowSeconds: 60 }];
    const { key } = await service.create(root, { name: 'of acme', scopes: [], ownerId: ALICE, rateLimits });
    // A former instance sets its only limit.
    const entry = { changeId: 'former', action: 'updated', at: new Date(), by: 'cli', fields: ['rateLimit'] };
    const rateLimit = { limit: 5, windowSeconds: 60 };
    await store.documents.updateOne(
      { _id: key.id },
      { $set: { rateLimit, version: 2 }, $push: { history: { ...entry, version: 2 } } as object },
    );
    const session: Caller = {
      actor: `user:${ALICE}`,
      scopes: ['api-keys:write'],
      grant: { ownerId: ALICE, scopes: [], allowedIps: [], rateLimits: [] },
      boundByMaxTtl: true,
    };
    const own = { name: 'default', ...rateLimit };
    for (const looser of [rateLimits, [own], [...rateLimits, { ...own, limit: 6 }], []]) {
      const refused = { code: 'delegation_exceeded', extensions: { exceeded: ['rateLimits'] } };
      await expect(service.update(session, key.id, { rateLimits: looser })).rejects.toMatchObject(refused);
    }
    await service.update(session, key.id, { rateLimits: [...rateLimits, { ...own, limit: 4 }] });
    const stored = await store.documents.findOne({ _id: key.id });
    expect(stored?.['imposed']).toEqual({ version: 3, rateLimit, rateLimits });
  });

  it('record what others restricted, even after a change by an older release', async () => {
    const request = { name: 'of acme', scopes: [], orgId: 'acme', ownerId: ALICE };
    const { key } = await service.create(root, { ...request, allowedIps: ['127.0.0.1'] });
    const imposed = async (): Promise<unknown> =>
      (await store.documents.findOne({ _id: key.id }))?.['imposed'];
    await expect(imposed()).resolves.toEqual({ version: 1, allowedIps: ['127.0.0.1'] });

    const entry = { changeId: 'former', action: 'updated', at: new Date(), by: 'cli', fields: ['enabled'] };
    await store.documents.updateOne(
      { _id: key.id },
      { $set: { enabled: false, version: 2 }, $push: { history: { ...entry, version: 2 } } as object },
    );
    const session: Caller = {
      actor: `user:${ALICE}`,
      scopes: ['api-keys:write'],
      grant: { ownerId: ALICE, scopes: [], allowedIps: [], rateLimits: [] },
      boundByMaxTtl: true,
    };
    const beyond = { code: 'delegation_exceeded', extensions: { exceeded: ['enabled'] } };
    await expect(service.update(session, key.id, { enabled: true })).rejects.toMatchObject(beyond);
    await service.update(session, key.id, { name: 'renamed' });
    await expect(imposed()).resolves.toEqual({ version: 3, enabled: false, allowedIps: ['127.0.0.1'] });
    await service.update(root, key.id, { ownerId: null });
    await expect(imposed()).resolves.toBeUndefined();
  });

  it('record the time of the last change by the server’s clock', async () => {
    const key = aKey();
    await store.repository.insert(key);
    const inserted = await changedAt();
    await pause(5);
    const change = changed(key, { name: 'renamed' });
    await store.repository.replace(change);
    const moved = await changedAt();
    expect(moved.getTime()).toBeGreaterThan(inserted.getTime());

    await pause(5);
    await store.repository.insert(key);
    await store.repository.replace(change);
    await store.repository.replace(changed(key, { name: 'too late' }));
    await expect(changedAt()).resolves.toEqual(moved);
  });

  it('get only a new date when they are announced again, so that every feed finds them', async () => {
    const key = aKey();
    await store.repository.insert(key);
    const [before, insertedAt] = [await store.documents.findOne(), await changedAt()];
    await pause(5);
    await store.repository.announceAgain?.(key.id);
    const after = await store.documents.findOne();
    expect((await changedAt()).getTime()).toBeGreaterThan(insertedAt.getTime());
    expect({ ...after, changedAt: undefined }).toEqual({ ...before, changedAt: undefined });
  });

  it('contain the hash of a token and no other part of it', async () => {
    const { key, token } = await service.create(root, { name: 'ingest', scopes: [] });
    await service.update(root, key.id, { name: 'renamed' });
    await service.revoke(root, key.id);
    const secret = token.slice(token.lastIndexOf('_') + 1);
    const text = JSON.stringify(await store.documents.find().toArray());
    expect(secret).toHaveLength(49);
    expect(text).toContain(key.secrets[0]?.hash);
    expect(text).not.toContain(secret.slice(0, 12));
    expect(text).not.toContain(secret.slice(-12));
  });

  it('do not include the heartbeats of the change feed, whose ids get not_found', async () => {
    const { key } = await service.create(root, { name: 'real', scopes: [], orgId: 'acme', ownerId: ALICE });
    const heartbeat = '#hb:instance-1';
    await store.documents.insertMany([
      { _id: heartbeat, changedAt: new Date() },
      { _id: '#hb:instance-2', orgId: 'acme', projectId: 'website', ownerId: ALICE, version: 1 },
      { _id: '#hb:~', changedAt: new Date(), orgId: 'acme' },
    ]);

    for (const query of [{}, { orgId: 'acme' }, { ownerId: ALICE }]) {
      const page = await service.list(root, { ...query, limit: 100 });
      expect(page).toEqual({ data: [expect.objectContaining({ id: key.id })], nextCursor: null });
    }
    const websites = { orgId: 'acme', projectId: 'website', limit: 100 };
    await expect(store.repository.list(websites)).resolves.toEqual([]);
    await expect(store.repository.list({ before: key.id, limit: 100 })).resolves.toEqual([]);

    const gone = { code: 'not_found' };
    await expect(service.get(root, heartbeat)).rejects.toMatchObject(gone);
    await expect(service.history(root, heartbeat)).rejects.toMatchObject(gone);
    await expect(service.update(root, heartbeat, { name: 'beat' })).rejects.toMatchObject(gone);
    await expect(service.revoke(root, heartbeat)).rejects.toMatchObject(gone);
    await expect(store.documents.findOne({ _id: heartbeat })).resolves.toEqual({
      _id: heartbeat,
      changedAt: expect.any(Date),
    });
  });

  it('keep their changedAt when their events are passed on, so that no feed announces them', async () => {
    const key = aKey();
    await store.repository.insert(key);
    const before = await store.documents.findOne();
    await pause(5);
    const [waiting] = await outbox().pending(10);
    if (waiting === undefined) throw new Error('no event waits');
    await outbox().settle(waiting);
    const { pending: _pending, pendingAt: _pendingAt, ...rest } = { ...before };
    await expect(store.documents.findOne()).resolves.toEqual(rest);
  });

  it('keep the time of the oldest waiting event when another event follows', async () => {
    const key = aKey();
    await store.repository.insert(key);
    await store.repository.replace(changed(key, { name: 'renamed' }));
    await expect(outbox().oldestPending()).resolves.toEqual(key.createdAt);
  });

  it('have an outbox that ignores the heartbeats of the change feed', async () => {
    await store.documents.insertMany([{ _id: '#hb:one', changedAt: new Date(), version: 1 }]);
    await expect(outbox().pending(10)).resolves.toEqual([]);
    const always = [new Date(0), new Date('9999-01-01')] as const;
    await expect(outbox().expiring(...always, 10)).resolves.toEqual([]);
  });

  it('can be stored after several instances have prepared the collection at once', async () => {
    await store.connection.dropDatabase();
    const instances = Array.from({ length: 5 }, () => mongoRepositoryOn(store.connection));
    await Promise.all(instances.map((instance) => instance.prepare()));
    await store.repository.prepare();
    const key = aKey();
    await store.repository.insert(key);
    await expect(store.repository.findWithHistory(key.id)).resolves.toEqual(key);
  });

  it('are marked durable, so that production accepts them', () => {
    expect(store.repository.durability).toBe('durable');
  });

  function outbox(): KeyOutbox {
    if (store.repository.outbox === undefined) throw new Error('the store has no outbox');
    return store.repository.outbox;
  }

  async function changedAt(): Promise<Date> {
    const document = await store.documents.findOne();
    expect(document?.['changedAt']).toBeInstanceOf(Date);
    return document?.['changedAt'] as Date;
  }
});
