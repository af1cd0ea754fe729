import type { ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import { foreignKeyId } from '../../src/api-keys/domain/token/foreign-token';
import { type AuditEvent, changeEventOf } from '../../src/api-keys/domain/key-event';
import { EventRelay, type RecordEvent } from '../../src/events/event-relay';
import { ExpiryWatch } from '../../src/events/expiry-watch';
import { inParallel } from '../../src/common/in-parallel';
import { KeyEventPublisher } from '../../src/events/key-event.publisher';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import type { EventRepository, RecordedEvent } from '../../src/api-keys/ports/event.repository';
import { EVENT_STORES } from '../../src/events/storage/event-storage';
import type { KeyOutbox } from '../../src/api-keys/storage/key-outbox';
import { StorageConfig } from '../../src/config/storage.config';
import { openStore } from '../../src/mongo/open-store';
import { connected } from '../support/connected';
import { aKey, ALICE, changed, revoked, TENANTS } from '../../src/testing/contract/key-fixtures';
import { testDatabaseUri } from '../support/test-database';
import { openMemoryEvents } from './opened-events';
import { memoryRepository, mongoRepositoryOn, SERVICE_CONNECTION } from './opened-repository';

const DAY = 86_400_000;
const always = (): boolean => true;

interface House {
  readonly keys: ApiKeyRepository;
  readonly events: EventRepository;
  close(): Promise<void>;
}

const HOUSES: Readonly<Record<string, () => Promise<House>>> = {
  memory: async () => ({ keys: memoryRepository(), ...(await openMemoryEvents()) }),
  MongoDB: async () => {
    const connection = await connected(testDatabaseUri('relay'), SERVICE_CONNECTION);
    const keys = mongoRepositoryOn(connection);
    await keys.prepare();
    return {
      keys,
      events: await openStore('mongo', EVENT_STORES, new StorageConfig(), connection),
      close: async () => {
        await connection.dropDatabase();
        await connection.close();
      },
    };
  },
};

/** An instance that relays events, and what a host application receives from it. */
class Instance {
  readonly told: AuditEvent[] = [];
  readonly relay: EventRelay;
  readonly notices: ExpiryWatch;

  constructor({ keys, events }: House, outbox: KeyOutbox, clock: { now(): Date }) {
    const record: RecordEvent = async (event) => events.add(event, clock.now());
    const publisher = new KeyEventPublisher();
    jest.spyOn(publisher, 'tell').mockImplementation((event) => void this.told.push(event));
    this.relay = new EventRelay(keys, outbox, record, publisher, clock);
    this.notices = new ExpiryWatch(outbox, record, publisher, clock);
  }
}

describe.each(Object.entries(HOUSES))('events of keys in %s', (_storage, open) => {
  let house: House;
  let outbox: KeyOutbox;
  let time: number;
  let one: Instance;
  let other: Instance;

  beforeEach(async () => {
    house = await open();
    if (house.keys.outbox === undefined) throw new Error('the store has no outbox');
    ({ outbox } = house.keys);
    time = Date.parse('2030-06-01T00:00:00Z');
    const clock = { now: () => new Date(time) };
    one = new Instance(house, outbox, clock);
    other = new Instance(house, outbox, clock);
  });
  afterEach(async () => house.close());

  const make = async (fields: Partial<ApiKeyWithHistory> = {}): Promise<ApiKeyWithHistory> => {
    const key = aKey(fields);
    await house.keys.insert(key);
    return key;
  };
  const change = async (key: ApiKeyWithHistory, fields: object): Promise<ApiKeyWithHistory> => {
    const after = changed(key, fields);
    await house.keys.replace(after);
    return after;
  };
  const trail = async (): Promise<readonly RecordedEvent[]> => house.events.list({ limit: 1000 });
  const typesOf = async (): Promise<readonly string[]> =>
    (await trail()).map(({ type }) => type).toReversed();
  const inDays = (days: number): Date => new Date(time + days * DAY);

  describe('the relay', () => {
    it('stores one event for each change, queues it for delivery, and empties the outbox', async () => {
      const keys = await Promise.all(TENANTS.map(async (orgId) => make({ orgId })));
      const changes = await Promise.all(keys.map(async (key) => change(key, { name: 'renamed' })));
      await expect(one.relay.relay(always)).resolves.toBe(true);
      const expected = [...keys, ...changes].map((key) =>
        Object.assign(changeEventOf(key), { delivery: 'pending' }),
      );
      expect(await trail()).toHaveLength(4);
      expect(await trail()).toEqual(expect.arrayContaining(expected));
      await expect(outbox.pending(10)).resolves.toEqual([]);
      await expect(one.relay.relay(always)).resolves.toBe(false);
    });

    it('stores each event once when two instances relay while keys change', async () => {
      let keys = await Promise.all(Array.from({ length: 10 }, async () => make()));
      for (let round = 0; round < 5; round += 1) {
        const [changes] = await Promise.all([
          Promise.all(keys.map(async (key) => change(key, { name: `round ${round}` }))),
          one.relay.relay(always),
          other.relay.relay(always),
        ]);
        keys = changes;
      }
      await Promise.all([one.relay.relay(always), other.relay.relay(always)]);
      const ids = (await trail()).map(({ id }) => id);
      const expected = keys.flatMap(({ id }) => [1, 2, 3, 4, 5, 6].map((version) => `${id}-${version}`));
      expect(ids.toSorted()).toEqual(expected.toSorted());
      await expect(outbox.pending(10)).resolves.toEqual([]);
      for (const key of keys) await expect(house.keys.findWithHistory(key.id)).resolves.toEqual(key);
    });

    it('stores each event once when an instance dies before it clears the outbox [T80]', async () => {
      const key = await make();
      const dying = jest.spyOn(outbox, 'settle').mockRejectedValue(new Error('killed'));
      await expect(one.relay.relay(always)).rejects.toThrow('killed');
      dying.mockRestore();
      expect(await trail()).toHaveLength(1);
      const [queued] = await house.events.dueOf(key.id, new Date('2100-01-01'), 1);
      if (queued !== undefined) await house.events.settle(queued, 'delivered');

      await other.relay.relay(always);
      expect(await trail()).toEqual([{ ...changeEventOf(key), delivery: 'delivered' }]);
      await expect(outbox.pending(10)).resolves.toEqual([]);
    });

    it('stores nothing after it lost the lease', async () => {
      await make();
      await one.relay.relay(() => false);
      expect(await trail()).toEqual([]);
      expect(await outbox.pending(10)).toHaveLength(1);
    });

    it('stores the other events when one fails', async () => {
      const [bad, good] = [await make(), await make()];
      const settle = outbox.settle.bind(outbox);
      jest.spyOn(outbox, 'settle').mockImplementation(async (waiting) => {
        if (waiting.keyId === bad.id) throw new Error('this event fails');
        await settle(waiting);
      });
      await expect(one.relay.relay(always)).rejects.toThrow('this event fails');
      expect((await outbox.pending(10)).map(({ keyId }) => keyId)).toEqual([bad.id]);
      expect((await trail()).map(({ keyId }) => keyId)).toContain(good.id);
    });
  });

  describe('notices of expiry', () => {
    it('are sent 7 days before, 1 day before and at expiry, once each with two instances', async () => {
      const keys = await Promise.all(
        TENANTS.map(async (orgId) => make({ orgId, ownerId: ALICE, expiresAt: inDays(10) })),
      );
      const seen: string[] = [];
      let last: Date | undefined;
      for (let hours = 0; hours < 12 * 24; hours += 6) {
        const looks = await Promise.all([one.notices.look(last, always), other.notices.look(last, always)]);
        [last] = looks;
        seen.push(`${(await trail()).length}`);
        time += DAY / 4;
      }
      const start = Date.parse('2030-06-01T00:00:00Z');
      for (const { id, orgId } of keys) {
        const notices = (await trail()).filter(({ keyId }) => keyId === id).toReversed();
        expect(notices.map(({ type, at, orgId: org }) => [type, (at.getTime() - start) / DAY, org])).toEqual([
          ['api-key.expiring', 3, orgId],
          ['api-key.expiring', 9, orgId],
          ['api-key.expired', 10, orgId],
        ]);
      }
      expect(await trail()).toHaveLength(6);
      expect([...one.told, ...other.told]).toHaveLength(6);
      expect(seen.indexOf('2')).toBe(12);
    });

    it('that became due while no instance ran are sent afterwards', async () => {
      await make({ name: 'gone', expiresAt: inDays(1.5) });
      await make({ name: 'soon', expiresAt: inDays(4.5) });
      await make({ name: 'later', expiresAt: inDays(9) });
      const last = await one.notices.look(undefined, always);
      time += 4 * DAY;
      await other.notices.look(last, always);
      expect((await typesOf()).toSorted()).toEqual([
        'api-key.expired',
        'api-key.expiring',
        'api-key.expiring',
      ]);
      await other.notices.look(last, always);
      expect(await trail()).toHaveLength(3);
    });

    it('are not sent by the first search for keys that expired more than a day ago', async () => {
      for (const days of [-400, -30, -2]) await make({ expiresAt: inDays(days) });
      const recent = await make({ expiresAt: inDays(-0.5) });
      await one.notices.look(undefined, always);
      expect((await trail()).map(({ keyId }) => keyId)).toEqual([recent.id]);
    });

    it('are sent for any number of keys that expire at the same moment', async () => {
      const keys = Array.from({ length: 250 }, () => aKey({ expiresAt: inDays(6.5) }));
      await inParallel(keys, 10, async (key) => house.keys.insert(key));
      await one.notices.look(new Date(time - DAY), always);
      expect(new Set((await trail()).map(({ keyId }) => keyId))).toEqual(new Set(keys.map(({ id }) => id)));
    });

    it('are not sent for revoked or disabled keys', async () => {
      const [dead, off] = [await make({ expiresAt: inDays(0.5) }), await make({ expiresAt: inDays(0.5) })];
      await house.keys.replace(revoked(dead));
      await change(off, { enabled: false });
      await one.notices.look(new Date(time - DAY), always);
      time += DAY;
      await one.notices.look(new Date(time - DAY), always);
      expect(await trail()).toEqual([]);
    });

    it('are sent at once when an expiry is moved closer, or a key near its expiry is enabled', async () => {
      const key = await make({ expiresAt: inDays(100) });
      const off = await make({ enabled: false, expiresAt: inDays(3) });
      await one.relay.relay(always);
      expect(await typesOf()).toEqual(['api-key.created', 'api-key.created']);
      const near = await change(key, { expiresAt: inDays(0.5) });
      await change(off, { enabled: true });
      await one.relay.relay(always);
      const notices = (await trail()).filter(({ type }) => type === 'api-key.expiring');
      expect(new Set(notices.map(({ keyId }) => keyId))).toEqual(new Set([key.id, off.id]));

      const far = await change(near, { expiresAt: inDays(50) });
      await change(far, { expiresAt: inDays(0.6) });
      await one.relay.relay(always);
      expect(
        (await trail()).filter(({ keyId, type }) => keyId === key.id && type === 'api-key.expiring'),
      ).toHaveLength(2);
    });

    it('are sent at once for an imported key near its expiry, and a created key is not read again', async () => {
      const old = { ...aKey({ expiresAt: inDays(0.5) }), id: foreignKeyId('0'.repeat(64)) };
      await house.keys.insert(old);
      await one.relay.relay(always);
      expect((await typesOf()).toSorted()).toEqual(['api-key.created', 'api-key.expiring']);

      const looks = jest.spyOn(house.keys, 'find');
      await make({ expiresAt: inDays(0.5) });
      await one.relay.relay(always);
      expect(looks).not.toHaveBeenCalled();
    });

    it('stop when the lease is lost, and continue from the same time with the next lease', async () => {
      await make({ expiresAt: inDays(6.5) });
      const last = new Date(time - DAY);
      await expect(one.notices.look(last, () => false)).resolves.toEqual(last);
      expect(await trail()).toEqual([]);
      await expect(one.notices.look(last, always)).resolves.toEqual(new Date(time));
      expect(await trail()).toHaveLength(1);
    });
  });
});
